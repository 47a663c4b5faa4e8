// <view-bar> says how many services are shown and by which filters, and chooses their order
// and layout: show({ found, total, view }), of which the numbers are null before they are known.
// It bubbles "arrange" (detail the changed values of the view), "filter" (detail { kind, value }
// to take away), "past" and "clear".
import { finish, reconcile } from '../lib/reconcile.js';
import { statusNames } from '../lib/status.js';
import { kinds, narrowed } from '../lib/view.js';
import { wallAddress } from '../lib/wall.js';
import { setText, stamp, tell } from './template.js';

const kindNames = { status: 'Status', team: 'Team', tag: 'Tag' };

class ViewBar extends HTMLElement {
  #parts = null;
  #groups = new Map(); // kind → the group of its chosen filters
  #buttons = new Map(); // kind + value → its button

  connectedCallback() {
    if (this.#parts) return;
    this.append(stamp('view-bar'));
    this.#parts = {
      count: this.querySelectorAll('#resultCount span'),
      chosen: this.querySelector('.chosen'),
      clear: this.querySelector('#clearFiltersBtn'),
      group: this.querySelector('#groupToggle'),
      sort: this.querySelector('#sortSelect'),
      layouts: this.querySelectorAll('[data-layout]'),
      wall: this.querySelector('.view-wall'),
    };
    const { chosen, clear, group, sort, layouts } = this.#parts;
    clear.addEventListener('click', () => tell(this, 'clear'));
    chosen.addEventListener('click', (event) => this.#remove(event));
    group.addEventListener('change', () => tell(this, 'arrange', { group: group.checked ? 'team' : '' }));
    sort.addEventListener('change', () => tell(this, 'arrange', { sort: sort.value }));
    this.querySelector('.view-moment').addEventListener('click', () => tell(this, 'past'));
    for (const one of layouts) {
      one.addEventListener('click', () => tell(this, 'arrange', { layout: one.dataset.layout }));
    }
  }

  show({ found, total, view }) {
    const { chosen, clear, group, sort, layouts, wall } = this.#parts;
    this.#showCount(found, total);
    clear.hidden = !narrowed(view);
    group.checked = view.group === 'team';
    sort.value = view.sort;
    wall.href = wallAddress(view);
    for (const one of layouts) one.ariaPressed = String(one.dataset.layout === view.layout);
    const filtered = kinds.filter((kind) => view[kind].length > 0);
    finish(reconcile(chosen, filtered, (kind) => this.#group(kind, view[kind])));
  }

  #showCount(found, total) {
    const [few, all, words] = this.#parts.count;
    setText(few, found === total ? '' : `${found.toLocaleString('en')} of `);
    setText(all, total?.toLocaleString('en') ?? '');
    setText(words, total === null ? '' : ` ${total === 1 ? 'service' : 'services'}`);
  }

  #group(kind, values) {
    let group = this.#groups.get(kind);
    if (!group) {
      group = stamp('chosen-filters').firstElementChild;
      group.key = kind;
      group.ariaLabel = `Filter by ${kind}`;
      group.firstElementChild.textContent = kindNames[kind];
      group.firstElementChild.key = '';
      this.#groups.set(kind, group);
    }
    finish(reconcile(group, ['', ...values], (value) => (value ? this.#button(kind, value) : group.firstElementChild)));
    return group;
  }

  #button(kind, value) {
    const key = `${kind}:${value}`;
    let button = this.#buttons.get(key);
    if (!button) {
      button = stamp('chosen-filter').firstElementChild;
      button.key = value;
      button.dataset.kind = kind;
      setText(button.querySelector('bdi'), kind === 'status' ? statusNames[value] : value);
      this.#buttons.set(key, button);
    }
    return button;
  }

  // remove takes a filter away, and moves the focus to the one that takes its place.
  #remove({ target }) {
    const button = target.closest('.chosen-filter');
    if (!button) return;
    const all = [...this.querySelectorAll('.chosen-filter')];
    const next = all[all.indexOf(button) + 1] ?? all[all.indexOf(button) - 1] ?? this.#parts.sort;
    tell(this, 'filter', { kind: button.dataset.kind, value: button.key });
    next.focus();
  }
}

customElements.define('view-bar', ViewBar);
