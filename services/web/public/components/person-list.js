// <person-list> edits a list of people in their order: its property `value`. Its attribute `path` is that of
// the list in the plan, `what` the word for one of it, and `item` names the template of one. It dispatches
// "input" when the list has changed.
// An item may have more controls than those of a person, each with a data-own that names it. Alt and an arrow
// move a person too.
import { namePerson, personFields, readPerson, writePerson } from './person-fields.js';
import { setText, stamp } from './template.js';

let made = 0;

class PersonList extends HTMLElement {
  #list;
  #news;

  connectedCallback() {
    if (this.#list) return;
    this.#list = this.querySelector('ol');
    this.#news = this.querySelector('[role="status"]');
    this.addEventListener('click', (event) => this.#click(event));
    this.addEventListener('keydown', (event) => this.#key(event));
  }

  get value() {
    return this.#items.map((item) => ({ ...readOwn(item), person: readPerson(item) }));
  }

  set value(entries) {
    setText(this.#news, '');
    this.#list.replaceChildren(...entries.map((entry) => this.#make(entry)));
    this.#number();
  }

  get #items() {
    return [...this.#list.children];
  }

  #make({ person, ...own }) {
    const item = stamp(this.getAttribute('item')).firstElementChild;
    item.querySelector('.person-place').replaceWith(personFields());
    const id = `${this.id}${++made}`;
    for (const control of item.querySelectorAll('[data-own]')) {
      const field = control.closest('.field');
      control.id = `${id}-${control.dataset.own}`;
      field.querySelector('label').htmlFor = control.id;
      field.querySelector('p').id = `${control.id}-error`;
      control.setAttribute('aria-describedby', `${control.id}-error`);
      control.value = own[control.dataset.own] ?? '';
    }
    writePerson(item, person);
    return item;
  }

  // number names the items and their controls by their places.
  #number() {
    const path = this.getAttribute('path');
    const items = this.#items;
    for (const [i, item] of items.entries()) {
      const at = `${path}[${i}]`;
      namePerson(item, item.querySelector('[data-own]') ? `${at}.person` : at);
      for (const control of item.querySelectorAll('[data-own]')) control.name = `${at}.${control.dataset.own}`;
      setText(item.querySelector('legend'), `${this.getAttribute('what')} ${i + 1}`);
      setMove(item, 'up', i > 0);
      setMove(item, 'down', i < items.length - 1);
    }
    this.#list.hidden = items.length === 0;
    this.querySelector('[data-list="add"]').hidden = items.length >= Number(this.getAttribute('most'));
  }

  #click({ target }) {
    const button = target.closest('[data-list]');
    if (!button) return;
    const item = button.closest('li');
    const act = button.dataset.list;
    if (act === 'add') this.#add();
    else if (act === 'remove') this.#remove(item);
    else if (button.ariaDisabled !== 'true') this.#move(item, act, button);
  }

  #key(event) {
    const way = { ArrowUp: 'up', ArrowDown: 'down' }[event.key];
    const item = event.target.closest('li');
    if (!way || !item || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!item.querySelector(`[data-list="${way}"]`)) return; // their order means nothing
    event.preventDefault();
    this.#move(item, way, event.target);
  }

  #add() {
    const item = this.#make({});
    this.#list.append(item);
    this.#changed(`Added: ${this.getAttribute('what').toLowerCase()} ${this.#items.length}`);
    item.querySelector('input').focus();
  }

  // remove moves the focus to what comes next, so that several can be removed in a row.
  #remove(item) {
    const index = this.#items.indexOf(item);
    const said = called(item);
    item.remove();
    this.#changed(`Removed: ${said}`);
    const next = this.#items[Math.min(index, this.#items.length - 1)];
    (next ?? this).querySelector(next ? '[data-list="remove"]' : '[data-list="add"]').focus();
  }

  // move keeps the focus where it was, since the item leaves the document for a moment.
  #move(item, way, focus) {
    const items = this.#items;
    const to = items.indexOf(item) + (way === 'up' ? -1 : 1);
    if (!items[to]) return;
    if (way === 'up') items[to].before(item);
    else items[to].after(item);
    this.#changed(`${called(item)} is ${to + 1} of ${items.length}`);
    focus.focus();
  }

  #changed(news) {
    this.#number();
    setText(this.#news, news);
    this.dispatchEvent(new Event('input', { bubbles: true }));
  }
}

function readOwn(item) {
  return Object.fromEntries([...item.querySelectorAll('[data-own]')].map(({ dataset, value }) => [dataset.own, value]));
}

function called(item) {
  return readPerson(item).name?.trim() || item.querySelector('legend').textContent;
}

// A button at an end stays where it is, and keeps the focus.
function setMove(item, way, may) {
  const button = item.querySelector(`[data-list="${way}"]`);
  if (button) button.ariaDisabled = may ? null : 'true';
}

customElements.define('person-list', PersonList);
