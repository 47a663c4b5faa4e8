// <graph-tools> chooses what the graph shows: show({ view, focus, counts }), with a view of lib/graph-view.js, the node of its
// focus or undefined, and how many services each value of a filter would leave, as survey (lib/filter.js) counts
// them. It bubbles "view" with detail the view that a person chose.
import { byCount, byName } from '../lib/filter.js';
import { filters, toggled, whole } from '../lib/graph-view.js';
import { statusNames } from '../lib/status.js';
import { fillList } from './list.js';
import { setText, stamp, tell } from './template.js';

const most = 40; // values of a filter that one can choose from
const debounce = 200; // ms after the last keystroke

class GraphTools extends HTMLElement {
  #view = whole;
  #counts = {};
  #timer = 0;

  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('graph-tools'));
    this.querySelector('.graph-focus button').addEventListener('click', () => this.#choose({ focus: '' }));
    this.querySelector('.graph-open').addEventListener('click', ({ target }) => {
      const button = target.closest('button');
      if (button) tell(this, 'view', toggled(this.#view, 'open', button.parentElement.key));
    });
    this.querySelector('.graph-far').addEventListener('click', ({ target }) => {
      if (target.dataset.hops) this.#choose({ hops: Number(target.dataset.hops) });
    });
    this.#kind.addEventListener('change', () => this.#choose({ kind: this.#kind.value }));
    this.#teams.addEventListener('change', () => this.#choose({ by: this.#teams.checked ? 'team' : '', open: [] }));
    this.querySelector('.graph-filters').addEventListener('change', ({ target }) => {
      const { kind } = target.closest('[data-kind]')?.dataset ?? {};
      if (kind) tell(this, 'view', toggled(this.#view, kind, target.value));
    });
    this.#search.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#choose({ q: this.#search.value }), debounce);
    });
    this.querySelector('.graph-clear').addEventListener('click', () => this.clear());
    this.#details.addEventListener('keydown', (event) => this.#escape(event));
    this.#details.addEventListener('toggle', () => this.#fillAll());
  }

  // clear takes all filters away.
  clear() {
    this.#search.value = '';
    this.#choose({ q: '', status: [], team: [], tag: [] });
  }

  show({ view, focus, counts }) {
    this.#view = view;
    this.#counts = counts;
    const chip = this.querySelector('.graph-focus');
    chip.hidden = !view.focus;
    setText(chip.querySelector('bdi'), focus?.name ?? view.focus);
    const far = this.querySelector('.graph-far');
    far.hidden = !view.focus;
    for (const one of far.children) one.ariaPressed = String(Number(one.dataset.hops) === view.hops);
    this.#kind.value = view.kind;
    this.#teams.checked = view.by === 'team';
    if (document.activeElement !== this.#search) this.#search.value = view.q;
    const open = view.by === 'team' ? view.open.map((team) => ({ key: team })) : [];
    fillList(this.querySelector('.graph-open'), 'graph-opened', open, (element, { key }) =>
      setText(element.querySelector('bdi'), key),
    );
    this.#fillAll();
    const used = filters(view);
    this.querySelector('.graph-clear').hidden = used === 0;
    setText(this.querySelector('.graph-used'), used > 0 ? used.toLocaleString('en') : '');
  }

  // fillAll fills the filters while they are open: there can be a hundred values.
  #fillAll() {
    if (!this.#details.open) return;
    for (const group of this.querySelectorAll('[data-kind]')) this.#fill(group, this.#counts[group.dataset.kind]);
  }

  // fill shows the values of a filter: those that are chosen, and the others while there is room.
  #fill(group, counts) {
    const { kind } = group.dataset;
    const chosen = this.#view[kind];
    const values = [...counts];
    if (kind === 'team') values.sort(byName);
    if (kind === 'tag') values.sort(byCount);
    const shown = values.slice(0, most);
    for (const value of chosen) if (!shown.some(([one]) => one === value)) shown.push([value, counts.get(value) ?? 0]);
    group.hidden = shown.length === 0;
    const items = shown.map(([value, n]) => ({ key: value, n }));
    fillList(group.querySelector('ul'), 'graph-choice', items, (element, { key, n }) => {
      const box = element.querySelector('input');
      box.value = key;
      box.checked = chosen.includes(key);
      setText(element.querySelector('bdi'), kind === 'status' ? statusNames[key] : key);
      setText(element.querySelector('.graph-count'), n.toLocaleString('en'));
    });
  }

  #escape(event) {
    const details = event.currentTarget;
    if (event.key !== 'Escape' || !details.open) return;
    event.preventDefault();
    event.stopPropagation();
    details.open = false;
    details.querySelector('summary').focus();
  }

  #choose(change) {
    clearTimeout(this.#timer);
    tell(this, 'view', { ...this.#view, ...change });
  }

  get #details() {
    return this.querySelector('details');
  }

  get #kind() {
    return this.querySelector('.graph-kind');
  }

  get #teams() {
    return this.querySelector('.graph-by input');
  }

  get #search() {
    return this.querySelector('.graph-search');
  }
}

customElements.define('graph-tools', GraphTools);
