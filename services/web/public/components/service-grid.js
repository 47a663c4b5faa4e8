// <service-grid> shows groups of services: show([{ key, title, services }]).
// Cards are kept and moved, never made anew; thousands of them are laid out in
// slices, the top first. inView() gives the ids of the services on the screen.
import { count } from '../lib/format.js';
import { neighbour } from '../lib/neighbour.js';
import { reconcile, slices } from '../lib/reconcile.js';
import { setText, stamp } from './template.js';
import './service-card.js';

const arrows = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End'];

class ServiceGrid extends HTMLElement {
  #cards = new Map(); // id → card, also of those that are filtered out now
  #groups = new Map();
  #seen = new Set(); // cards in view
  #job = new AbortController();
  #observer = new IntersectionObserver((entries) => this.#observe(entries), { rootMargin: '100px' });

  connectedCallback() {
    this.addEventListener('keydown', (event) => this.#key(event));
  }

  show(groups) {
    this.ariaBusy = 'false';
    this.#job.abort();
    this.#job = new AbortController();
    const focus = new FocusKeeper(this);
    slices(this.#draw(groups), { signal: this.#job.signal, between: () => focus.keep() });
  }

  // forget lets go of the cards of services that are no more.
  forget(exists) {
    for (const [id, card] of this.#cards) {
      if (exists(id)) continue;
      this.#observer.unobserve(card);
      this.#seen.delete(card);
      this.#cards.delete(id);
    }
  }

  card(id) {
    return this.#cards.get(id);
  }

  inView() {
    return [...this.#seen].filter((card) => card.isConnected).map((card) => card.key);
  }

  tick(now) {
    for (const card of this.#seen) if (card.isConnected) card.tick(now);
  }

  // focusFirst moves the focus to the first card that is in view, or the first.
  focusFirst() {
    const cards = [...this.querySelectorAll('service-card')];
    const first = cards.find((card) => card.getBoundingClientRect().top >= 60) ?? cards[0];
    first?.focus();
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

  #group({ key, title, services }) {
    let section = this.#groups.get(key);
    if (!section) {
      section = stamp('service-group').firstElementChild;
      section.key = key;
      this.#groups.set(key, section);
    }
    section.querySelector('.group-title').hidden = !title;
    setText(section.querySelector('.group-name'), title);
    setText(section.querySelector('.group-count'), count(services.length));
    return section;
  }

  #card(service) {
    let card = this.#cards.get(service.id);
    if (!card) {
      card = document.createElement('service-card');
      this.#cards.set(service.id, card);
      this.#observer.observe(card);
    }
    card.service = service;
    return card;
  }

  #observe(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) {
        this.#seen.add(target);
        target.tick(Date.now());
      } else {
        this.#seen.delete(target);
      }
    }
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

// FocusKeeper gives the focus back to what had it when the layout began: a move
// in the document takes it away. When that is gone, the card that took its
// place has it, and a keyboard does not start from the top again.
class FocusKeeper {
  #grid;
  #held = null;
  #index = -1;

  constructor(grid) {
    this.#grid = grid;
    const active = document.activeElement;
    if (!grid.contains(active)) return;
    this.#held = active;
    this.#index = [...grid.querySelectorAll('service-card')].indexOf(active.closest('service-card'));
  }

  keep() {
    if (!this.#held || document.activeElement !== document.body) return;
    if (this.#held.isConnected) {
      this.#held.focus({ preventScroll: true });
      return;
    }
    const cards = this.#grid.querySelectorAll('service-card');
    const next = cards[Math.min(this.#index, cards.length - 1)];
    (next ?? document.querySelector('main')).focus({ preventScroll: true });
  }
}

customElements.define('service-grid', ServiceGrid);
