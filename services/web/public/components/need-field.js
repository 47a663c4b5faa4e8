// <need-field> edits what a service needs: its property `value`, entries as in lib/dependencies.js, which include
// text that is typed but not yet added. `controls` are those of the entries, named by their paths, such as
// depends_on[3].note. know(services, id) must be called before it is shown: services returns all services, id is
// of the one that is edited, or undefined.
//
// A service is found by its combobox: arrows choose, Enter adds. Each entry has a button that removes it.
import { candidates, entries, named } from '../lib/dependencies.js';
import { statusNames } from '../lib/status.js';
import { quoted, setText, stamp } from './template.js';

const steps = { ArrowDown: 1, ArrowUp: -1 };

let made = 0;

class NeedField extends HTMLElement {
  #services = () => [];
  #self = '';
  #input;
  #options;
  #list;
  #news;
  #chosen = null; // option

  connectedCallback() {
    if (this.#input) return;
    this.#input = this.querySelector('input');
    this.#options = this.querySelector('[role="listbox"]');
    this.#list = this.querySelector('.need-list');
    this.#news = this.querySelector('[role="status"]');
    this.#input.addEventListener('input', () => this.#search());
    this.#input.addEventListener('click', () => this.#search());
    this.#input.addEventListener('keydown', (event) => this.#key(event));
    this.#input.addEventListener('blur', () => this.#close());
    // The focus stays in the field, where letters type.
    this.#options.addEventListener('mousedown', (event) => event.preventDefault());
    this.#options.addEventListener('click', ({ target }) => this.#pick(target.closest('[role="option"]')));
    this.#list.addEventListener('click', ({ target }) => this.#remove(target.closest('button')?.closest('li')));
    this.#list.addEventListener('keydown', (event) => {
      if (!['Backspace', 'Delete'].includes(event.key) || event.target.localName !== 'button') return;
      event.preventDefault();
      this.#remove(event.target.closest('li'));
    });
  }

  know(services, id = '') {
    this.#services = services;
    this.#self = id;
  }

  get value() {
    const list = this.#items.map(read);
    const more = this.#typed;
    return more && !list.some((entry) => entry.id && entry.id === more.id) ? [...list, more] : list;
  }

  set value(list) {
    this.#input.value = '';
    setText(this.#news, '');
    this.#close();
    this.#list.replaceChildren(...list.map((entry) => this.#make(entry)));
    this.#number();
  }

  get controls() {
    return [...this.#list.querySelectorAll('[data-own]')];
  }

  // commit adds the typed text, also if no service has this name: then the server says so.
  commit() {
    const { value } = this;
    if (value.length > this.#items.length) this.#add(value.at(-1));
    this.#input.value = '';
    this.#close();
  }

  // typed returns the entry that the typed text means, or null without a text.
  get #typed() {
    return this.#input.value.trim() ? named(this.#services(), this.#input.value) : null;
  }

  get #items() {
    return [...this.#list.children];
  }

  #make(entry) {
    const item = stamp('need-field-item').firstElementChild;
    const { id, name, kind, note } = entry;
    item.entry = entry;
    item.querySelector('.need-name bdi').textContent = name;
    item.querySelector('.need-remove bdi').textContent = name;
    item.querySelector('.need-gone').hidden = !id || this.#services().some((service) => service.id === id);
    const [how, what] = item.querySelectorAll('[data-own]');
    how.value = kind;
    what.value = note;
    how.ariaLabel = `Without ${quoted(name)}`;
    what.ariaLabel = `What ${quoted(name)} is needed for`;
    const stem = `need${++made}`;
    for (const control of [how, what]) {
      control.id = `${stem}-${control.dataset.own}`;
      control.setAttribute('aria-describedby', `${control.id}-error`);
      item.querySelector(`.field-error[data-line="${control.dataset.own}"]`).id = `${control.id}-error`;
    }
    what.setAttribute('aria-describedby', `${what.id}-room ${what.id}-error`);
    item.querySelector('[data-line="room"]').id = `${what.id}-room`;
    return item;
  }

  // number names the controls by the places of their entries.
  #number() {
    for (const [i, item] of this.#items.entries()) {
      for (const control of item.querySelectorAll('[data-own]'))
        control.name = `depends_on[${i}].${control.dataset.own}`;
    }
    this.#list.hidden = this.#items.length === 0;
  }

  #key(event) {
    const { key } = event;
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (steps[key]) this.#step(steps[key]);
    else if (key === 'Enter' && this.#open) this.#pick(this.#chosen);
    else if (key === 'Enter' && this.#typed) this.#enter();
    else if (key === 'Escape' && this.#open) this.#close();
    else {
      const last = this.#list.lastElementChild;
      if (key === 'Backspace' && this.#input.value === '') last?.querySelector('button').focus();
      return;
    }
    event.preventDefault(); // Enter does not save the form, Escape does not close it
    event.stopPropagation();
  }

  get #open() {
    return !this.#options.hidden;
  }

  #step(by) {
    if (!this.#open) {
      this.#search();
      return;
    }
    const all = [...this.#options.children];
    this.#choose(all.at((all.indexOf(this.#chosen) + by) % all.length));
    this.#chosen.scrollIntoView({ block: 'nearest' });
  }

  #search() {
    const taken = new Set([this.#self, ...this.#items.map(({ entry }) => entry.id)]);
    const found = candidates(this.#services(), this.#input.value, taken);
    this.#options.replaceChildren(...found.map(option));
    this.#options.hidden = found.length === 0;
    this.#input.ariaExpanded = String(this.#open);
    this.#choose(this.#options.firstElementChild);
    if (this.#open) this.#options.scrollIntoView({ block: 'nearest' });
  }

  #choose(line) {
    if (this.#chosen) this.#chosen.ariaSelected = 'false';
    this.#chosen = line;
    if (line) line.ariaSelected = 'true';
    if (line) this.#input.setAttribute('aria-activedescendant', line.id);
    else this.#input.removeAttribute('aria-activedescendant');
  }

  #close() {
    this.#options.hidden = true;
    this.#options.replaceChildren();
    this.#input.ariaExpanded = 'false';
    this.#choose(null);
  }

  #pick(line) {
    if (!line) return;
    const { id, name } = line.service;
    this.#add(...entries([{ id, name }]));
    this.#close();
    this.#input.focus();
    this.dispatchEvent(new Event('input', { bubbles: true }));
  }

  #add(entry) {
    this.#list.append(this.#make(entry));
    this.#input.value = '';
    this.#number();
    setText(this.#news, `Added: ${entry.name}`);
  }

  // remove moves the focus to the next entry, so that several can be removed in a row.
  #remove(item) {
    if (!item) return;
    const index = this.#items.indexOf(item);
    item.remove();
    this.#number();
    const next = this.#items[Math.min(index, this.#items.length - 1)];
    (next?.querySelector('button') ?? this.#input).focus();
    setText(this.#news, `Removed: ${item.entry.name}`);
    this.dispatchEvent(new Event('input', { bubbles: true }));
  }

  // enter offers again what the typed text finds, or says that it finds nothing.
  #enter() {
    this.#search();
    if (this.#open) return;
    const words = `No service is found by ${quoted(this.#input.value.trim())}.`;
    const line = this.closest('.field').querySelector('.field-error:last-child');
    line.textContent = words;
    line.hidden = false;
    this.#input.ariaInvalid = 'true'; // the form takes it back when somebody types
    setText(this.#news, words);
  }
}

function read({ entry, children }) {
  const own = [...children].filter(({ dataset }) => dataset.own);
  return { ...entry, ...Object.fromEntries(own.map(({ dataset, value }) => [dataset.own, value])) };
}

function option(service, i) {
  const line = stamp('need-option').firstElementChild;
  const { name, team, status } = service;
  line.id = `need-option-${i}`;
  line.service = service;
  line.querySelector('.icon').classList.add(`icon-${status}`, status);
  line.querySelector('.need-option-name').textContent = name;
  line.querySelector('.visually-hidden').textContent = `, ${statusNames[status]}${team ? ', ' : ''}`;
  line.querySelector('.need-option-team').textContent = team ?? '';
  return line;
}

customElements.define('need-field', NeedField);
