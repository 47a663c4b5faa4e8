// <sign-in-dialog> signs somebody in: open(me, { back, aside }) with the answer of /api/me;
// back is the address to come back to, and aside keeps this page as it is meanwhile. Its
// property `api` is lib/api.js. It bubbles "signedin".
import { may } from '../lib/account.js';
import { setText, stamp, tell } from './template.js';

class SignInDialog extends HTMLElement {
  api = null;
  #dialog;
  #form;
  #busy = false;
  #aside = false;

  connectedCallback() {
    if (this.#form) return;
    this.append(stamp('sign-in-dialog'));
    this.#dialog = this.querySelector('dialog');
    this.#form = this.querySelector('form');
    this.#form.addEventListener('submit', (event) => this.#submit(event));
    this.querySelector('[data-do="close"]').addEventListener('click', () => this.#dialog.close());
    this.querySelector('#providerLink').addEventListener('click', (event) => this.#leave(event));
    this.#dialog.addEventListener('close', () => this.#form.reset());
  }

  open(me, { back = '/', aside = false } = {}) {
    this.#aside = aside;
    this.querySelector('.sign-in-provider').hidden = !me.provider;
    const link = this.querySelector('#providerLink');
    link.href = `/api/signin?${new URLSearchParams({ return: back })}`;
    setText(link.querySelector('bdi'), me.provider ?? '');
    setText(this.querySelector('.sign-in-why'), may(me));
    this.#say('');
    this.#dialog.showModal();
    (me.provider ? link : this.#form.elements.key).focus();
  }

  close() {
    this.#dialog.close();
  }

  // leave goes to the provider. If this page is to stay, another tab goes there, which tells
  // this one.
  #leave(event) {
    if (!this.#aside) return;
    event.preventDefault();
    window.open(event.currentTarget.href, '_blank');
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#busy) return;
    const { key } = this.#form.elements;
    if (!key.value.trim()) {
      this.#say('Enter a key: it begins with dvp_.');
      key.focus();
      return;
    }
    this.#busy = true;
    try {
      await this.api.signIn(key.value.trim());
      this.#dialog.close();
      tell(this, 'signedin');
    } catch (problem) {
      this.#say(problem.message);
      key.focus();
    } finally {
      this.#busy = false;
    }
  }

  #say(problem) {
    const { key } = this.#form.elements;
    const line = this.querySelector('#signInKey-error');
    setText(line, problem);
    line.hidden = !problem;
    if (problem) key.ariaInvalid = 'true';
    else key.removeAttribute('aria-invalid');
  }
}

customElements.define('sign-in-dialog', SignInDialog);
