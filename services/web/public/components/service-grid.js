// <service-grid> shows groups of services as cards or rows:
// show([{ key, title, note, folded, services }], layout), note beside the title. It bubbles
// "fold" (detail { key, folded }).
// Cards are reused and moved, not recreated. Thousands of them are laid out in slices, the
// top first. show resolves to whether the layout was finished: a later show aborts it.
// inView() returns the ids of the services on the screen.
import { neighbour } from '../lib/neighbour.js';
import { finish, reconcile, slices } from '../lib/reconcile.js';
import { items } from './service-item.js';
import { setText, stamp, tell } from './template.js';

const arrows = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End'];

const elements = { cards: 'service-card', rows: 'service-row' };

class ServiceGrid extends HTMLElement {
  #cards = new Map(); // id → card or row, also of services that are filtered out
  #layout = 'cards';
  #groups = new Map();
  #job = new AbortController();
  #steps = [].values(); // of that job
  #focus = new FocusKeeper(this);

  connectedCallback() {
    this.addEventListener('keydown', (event) => this.#key(event));
    this.addEventListener('click', (event) => this.#fold(event));
  }

  show(groups, layout) {
    this.ariaBusy = 'false';
    if (layout !== this.#layout) this.#cards.clear();
    this.#layout = layout;
    this.#job.abort();
    this.#job = new AbortController();
    this.#focus.capture();
    this.#steps = this.#draw(groups);
    return slices(this.#steps, { signal: this.#job.signal, between: () => this.#focus.restore() });
  }

  // finish lays out at once what is left, for paper.
  finish() {
    this.#job.abort();
    finish(this.#steps);
  }

  // wait takes the services away, until others are shown.
  wait() {
    void this.show([], this.#layout);
    this.ariaBusy = 'true';
  }

  // again must be called after a change of who is asking.
  again() {
    for (const card of this.#cards.values()) card.again();
  }

  // forget drops the cards of deleted services. One that is still shown is kept until the
  // next call: if its service came back meanwhile, it would be shown twice. For the same
  // reason a card is taken out of a group that is not shown now.
  forget(exists) {
    for (const [id, card] of this.#cards) {
      if (exists(id) || card.isConnected) continue;
      card.remove();
      this.#cards.delete(id);
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

  // visible finds the cards on the screen when called: observing thousands of cards would
  // cost time in every frame.
  #visible() {
    const lists = [...this.querySelectorAll('.service-list')];
    return lists.flatMap((list) => {
      const { top, bottom } = list.getBoundingClientRect();
      return bottom < 0 || top > innerHeight ? [] : within(list.children, 0, innerHeight);
    });
  }

  // focusFirst moves the focus to the first card that is in view, or the first.
  focusFirst() {
    const header = 60; // px: cards behind the header are in view, but covered
    const first = this.#visible().find((card) => card.getBoundingClientRect().top >= header);
    (first ?? this.querySelector(items))?.focus();
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

  #group({ key, title, note, folded }) {
    let section = this.#groups.get(key);
    if (!section) {
      section = stamp('service-group').firstElementChild;
      section.key = key;
      this.#groups.set(key, section);
    }
    section.querySelector('.group-title').hidden = !title;
    setText(section.querySelector('.group-name'), title);
    setText(section.querySelector('.group-count'), note);
    section.querySelector('.group-fold').ariaExpanded = String(!folded);
    return section;
  }

  #card(service) {
    let card = this.#cards.get(service.id);
    if (!card) {
      card = document.createElement(elements[this.#layout]);
      this.#cards.set(service.id, card);
    }
    card.service = service;
    return card;
  }

  #fold({ target }) {
    const button = target.closest('.group-fold');
    if (!button) return;
    const { key } = button.closest('section');
    tell(this, 'fold', { key, folded: button.ariaExpanded === 'true' });
  }

  #key(event) {
    const card = event.target.closest(items);
    if (!card || !arrows.includes(event.key) || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey)
      return;
    const cards = [...this.querySelectorAll(items)];
    const to = neighbour(cards.length, cards.indexOf(card), event.key, (i) => cards[i].getBoundingClientRect());
    event.preventDefault();
    cards[to].focus();
  }
}

// within returns the elements, which are laid out in rows, that overlap the range between
// two heights of the window. The first is found by binary search.
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

// FocusKeeper restores the focus during a layout, because an element that is moved in the
// document loses it. While the focused element is out of the document, the card in its
// place gets the focus, until a later slice or layout puts the element back. If the
// element is gone, the substitute keeps the focus, so that keyboard navigation doesn't
// start at the top again.
class FocusKeeper {
  #grid;
  #focused = null;
  #index = -1;
  #substitute = null;

  constructor(grid) {
    this.#grid = grid;
  }

  capture() {
    const active = document.activeElement;
    if (this.#substitute && active === this.#substitute) return; // the element may still come back
    this.#focused = this.#grid.contains(active) ? active : null;
    this.#substitute = null;
    this.#index = [...this.#grid.querySelectorAll(items)].indexOf(active.closest(items));
  }

  restore() {
    const active = document.activeElement;
    if (!this.#focused || (active !== document.body && active !== this.#substitute)) return;
    if (this.#focused.isConnected) {
      this.#focused.focus({ preventScroll: true });
      this.#substitute = null;
      return;
    }
    const cards = this.#grid.querySelectorAll(items);
    const next = cards[Math.min(this.#index, cards.length - 1)] ?? document.querySelector('.main');
    next.focus({ preventScroll: true });
    this.#substitute = document.activeElement;
  }
}

customElements.define('service-grid', ServiceGrid);
