// <service-grid> shows groups of services: show([{ key, title, total, services }]).
// Cards are kept and moved, never made anew; thousands of them are laid out in
// slices, the top first, and show resolves to whether it came to the end: a later
// one cuts it short. inView() gives the ids of the services on the screen.
import { count } from '../lib/format.js';
import { neighbour } from '../lib/neighbour.js';
import { reconcile, slices } from '../lib/reconcile.js';
import { setText, stamp } from './template.js';
import './service-card.js';

const arrows = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End'];

class ServiceGrid extends HTMLElement {
  #cards = new Map(); // id → card, also of those that are filtered out now
  #groups = new Map();
  #job = new AbortController();
  #focus = new FocusKeeper(this);

  connectedCallback() {
    this.addEventListener('keydown', (event) => this.#key(event));
  }

  show(groups) {
    this.ariaBusy = 'false';
    this.#job.abort();
    this.#job = new AbortController();
    this.#focus.begin();
    return slices(this.#draw(groups), { signal: this.#job.signal, between: () => this.#focus.keep() });
  }

  // forget lets go of the cards of services that are no more.
  forget(exists) {
    for (const id of this.#cards.keys()) {
      if (!exists(id)) this.#cards.delete(id);
    }
  }

  card(id) {
    return this.#cards.get(id);
  }

  inView() {
    return this.#visible().map((card) => card.key);
  }

  tick(now) {
    for (const card of this.#visible()) card.tick(now);
  }

  // Searched for when asked: watching thousands of cards costs every frame.
  #visible() {
    const lists = [...this.querySelectorAll('.service-list')];
    return lists.flatMap((list) => {
      const { top, bottom } = list.getBoundingClientRect();
      return bottom < 0 || top > innerHeight ? [] : within(list.children, 0, innerHeight);
    });
  }

  // focusFirst moves the focus to the first card that is in view, or the first.
  focusFirst() {
    const header = 60; // px: what stands behind it is in view, but not to be seen
    const first = this.#visible().find((card) => card.getBoundingClientRect().top >= header);
    (first ?? this.querySelector('service-card'))?.focus();
  }

  *#draw(groups) {
    const byKey = new Map(groups.map((group) => [group.key, group]));
    yield* reconcile(this, [...byKey.keys()], (key) => this.#group(byKey.get(key)));
    for (const { key, services } of groups) {
      const byID = new Map(services.map((service) => [service.id, service]));
      const list = this.#groups.get(key).querySelector('.service-list');
      yield* reconcile(list, [...byID.keys()], (id) => this.#card(byID.get(id)));
    }
  }

  #group({ key, title, total }) {
    let section = this.#groups.get(key);
    if (!section) {
      section = stamp('service-group').firstElementChild;
      section.key = key;
      this.#groups.set(key, section);
    }
    section.querySelector('.group-title').hidden = !title;
    setText(section.querySelector('.group-name'), title);
    setText(section.querySelector('.group-count'), count(total));
    return section;
  }

  #card(service) {
    let card = this.#cards.get(service.id);
    if (!card) {
      card = document.createElement('service-card');
      this.#cards.set(service.id, card);
    }
    card.service = service;
    return card;
  }

  #key(event) {
    const card = event.target.closest('service-card');
    if (!card || !arrows.includes(event.key) || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey)
      return;
    const cards = [...this.querySelectorAll('service-card')];
    const to = neighbour(cards.length, cards.indexOf(card), event.key, (i) => cards[i].getBoundingClientRect());
    event.preventDefault();
    cards[to].focus();
  }
}

// within gives those of elements, which stand in rows, that reach between two
// heights of the window; the first is found by halving.
function within(elements, top, bottom) {
  let [low, high] = [0, elements.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (elements[middle].getBoundingClientRect().bottom < top) low = middle + 1;
    else high = middle;
  }
  const found = [];
  while (low < elements.length && elements[low].getBoundingClientRect().top < bottom) found.push(elements[low++]);
  return found;
}

// FocusKeeper gives the focus back to what had it when a layout began: a move in
// the document takes it away. While that is out of the document, the card in its
// place has the focus: for good if it is gone, so that a keyboard does not start
// from the top again, or until a later slice or layout puts it back.
class FocusKeeper {
  #grid;
  #held = null;
  #index = -1;
  #lent = null;

  constructor(grid) {
    this.#grid = grid;
  }

  begin() {
    const active = document.activeElement;
    if (this.#lent && active === this.#lent) return; // it may yet come back
    this.#held = this.#grid.contains(active) ? active : null;
    this.#lent = null;
    this.#index = [...this.#grid.querySelectorAll('service-card')].indexOf(active.closest('service-card'));
  }

  keep() {
    const active = document.activeElement;
    if (!this.#held || (active !== document.body && active !== this.#lent)) return;
    if (this.#held.isConnected) {
      this.#held.focus({ preventScroll: true });
      this.#lent = null;
      return;
    }
    const cards = this.#grid.querySelectorAll('service-card');
    const next = cards[Math.min(this.#index, cards.length - 1)] ?? document.querySelector('main');
    next.focus({ preventScroll: true });
    this.#lent = document.activeElement;
  }
}

customElements.define('service-grid', ServiceGrid);
