// <key-dialog> makes an API key: make(). It shows the key once, and then forgets it. Its
// property `api` is lib/api.js, `ask` asks a question (see confirm-dialog). It bubbles
// "made" (detail the key as the list has it).
import { serverClock } from '../lib/clock.js';
import { byField } from '../lib/fields.js';
import { keyLabels, request } from '../lib/keys.js';
import { setText, stamp, tell } from './template.js';
import './tag-field.js';

const leaveQuestion = {
  title: ['Close without copying the key?'],
  text: 'It is not shown again. Without it you have to revoke it, and make another.',
  yes: 'Close',
  no: 'Back to the key',
};

class KeyDialog extends HTMLElement {
  api = null;
  ask = async () => true;
  #dialog;
  #form;
  #teams;
  #shown; // the field that has the key
  #busy = false;
  #copied = true; // or there is nothing to copy

  connectedCallback() {
    if (this.#form) return;
    this.append(stamp('key-dialog'));
    this.#dialog = this.querySelector('dialog');
    this.#form = this.querySelector('form');
    this.#teams = this.querySelector('tag-field');
    this.#shown = this.querySelector('#keyText');
    this.#form.addEventListener('submit', (event) => this.#submit(event));
    this.#form.elements.role.addEventListener('change', () => this.#forTeams());
    this.#shown.addEventListener('copy', () => this.#isCopied());
    this.#shown.addEventListener('focus', () => this.#shown.select());
    this.querySelector('#copyKeyBtn').addEventListener('click', () => this.#copy());
    for (const button of this.querySelectorAll('[data-do="close"]')) {
      button.addEventListener('click', () => this.#leave());
    }
    this.#dialog.addEventListener('keydown', (event) => event.key === 'Escape' && this.#leave(event));
    this.#dialog.addEventListener('cancel', (event) => this.#leave(event));
    this.#dialog.addEventListener('close', () => this.#forget());
  }

  make() {
    this.#form.reset();
    this.#teams.value = [];
    this.#forTeams();
    this.#show({ fields: {}, rest: '' });
    this.#turn('form');
    this.#dialog.showModal();
  }

  #forTeams() {
    this.querySelector('#keyTeamsField').hidden = this.#form.elements.role.value !== 'editor';
  }

  // turn shows the form, or what was made.
  #turn(to) {
    for (const part of this.querySelectorAll('[data-part]')) part.hidden = part.dataset.part !== to;
    setText(this.querySelector('#keyTitle'), to === 'form' ? 'Make a key' : 'Copy your key now');
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#busy) return;
    this.#teams.commit();
    const { name, role, days } = this.#form.elements;
    const fields = { name: name.value, role: role.value, teams: this.#teams.value, days: days.value };
    if (!fields.name.trim()) {
      this.#show({ fields: { name: 'Enter a name.' }, rest: '' });
      return;
    }
    this.#busy = true;
    try {
      const { key, ...made } = await this.api.createKey(request(fields, serverClock.now()));
      this.#shown.value = key;
      this.#copied = false;
      setText(this.querySelector('#keyState'), '');
      this.#turn('made');
      this.querySelector('#copyKeyBtn').focus();
      tell(this, 'made', made);
    } catch (problem) {
      this.#show(byField(problem, keyLabels));
    } finally {
      this.#busy = false;
    }
  }

  // show shows messages at their fields, and moves the focus to the first of these.
  #show({ fields, rest }) {
    for (const field of Object.keys(keyLabels)) {
      const line = this.querySelector(`[data-error="${field}"]`);
      const control = line.parentElement.querySelector('input, select');
      line.textContent = fields[field] ?? '';
      line.hidden = !fields[field];
      if (fields[field]) control.ariaInvalid = 'true';
      else control.removeAttribute('aria-invalid');
    }
    const summary = this.querySelector('.form-summary');
    summary.textContent = rest;
    summary.hidden = !rest;
    this.querySelector('[aria-invalid="true"]')?.focus();
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.#shown.value);
      this.#isCopied();
    } catch {
      // Without TLS there is no clipboard for a page.
      this.#shown.focus();
      setText(this.querySelector('#keyState'), 'It is selected: copy it with the keyboard.');
    }
  }

  #isCopied() {
    this.#copied = true;
    setText(this.querySelector('#keyState'), 'Copied.');
  }

  async #leave(event) {
    event?.preventDefault();
    if (this.#busy) return;
    if (this.#copied || (await this.ask(leaveQuestion))) this.#dialog.close();
  }

  #forget() {
    this.#shown.value = '';
    this.#copied = true;
  }
}

customElements.define('key-dialog', KeyDialog);
