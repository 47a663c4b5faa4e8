// <filter-sidebar> shows the filters, each with the number of services behind it:
// show({ counts, totals, worst, view, found }). totals counts each value in all services, and
// orders the tags; worst has the worst status of each team; found is the number of services
// that the view shows. It bubbles "filter" with detail { kind, value } to add or take away a
// value, and "results" when a person closes the panel of a narrow screen to see the results.
import { byCount, byName } from '../lib/filter.js';
import { count } from '../lib/format.js';
import { finish, reconcile } from '../lib/reconcile.js';
import { statusNames } from '../lib/status.js';
import { setText, stamp, tell } from './template.js';

const most = { status: 4, team: 15, tag: 24 }; // values shown before "Show all"

class FilterSidebar extends HTMLElement {
  #chips = new Map(); // kind + value → button
  #all = new Set(); // kinds of which all values are shown
  #state = null;

  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('filter-sidebar'));
    const toggle = this.querySelector('.sidebar-toggle');
    toggle.addEventListener('click', () => {
      toggle.ariaExpanded = String(toggle.ariaExpanded !== 'true');
    });
    this.querySelector('.sidebar-results').addEventListener('click', () => {
      toggle.ariaExpanded = 'false';
      tell(this, 'results');
    });
    for (const group of this.querySelectorAll('.filter-chips')) {
      group.addEventListener('click', (event) => this.#click(event, group.dataset.kind));
      group.parentElement
        .querySelector('.filter-more')
        ?.addEventListener('click', () => this.#more(group.dataset.kind));
    }
  }

  show(state) {
    this.#state = state;
    this.#showBar(state.counts.status);
    for (const group of this.querySelectorAll('.filter-chips')) this.#showFilter(group);
    const active = state.view.team.length + state.view.tag.length;
    const note = this.querySelector('.sidebar-active');
    note.hidden = active === 0;
    setText(note, `${active} active`);
    setText(this.querySelector('.sidebar-results'), `Show ${count(state.found)}`);
  }

  #showBar(counts) {
    for (const [status, n] of counts) {
      const share = this.querySelector(`.overview-bar .${status}`);
      share.style.flexGrow = n;
      share.classList.toggle('some', n > 0);
    }
  }

  #showFilter(group) {
    const { kind } = group.dataset;
    const { counts, totals, view, worst } = this.#state;
    const values = this.#values(kind);
    const rest = values.length - most[kind];
    const shown = rest > 0 && !this.#all.has(kind) ? values.slice(0, most[kind]) : values;
    shown.push(...view[kind].filter((value) => !shown.includes(value)));
    finish(
      reconcile(group, shown, (value) => {
        const chip = this.#chip(kind, value);
        const active = view[kind].includes(value);
        const n = counts[kind].get(value) ?? 0;
        chip.ariaPressed = String(active);
        chip.classList.toggle('active', active);
        chip.classList.toggle('some', n > 0);
        setText(chip.querySelector('.filter-count'), n.toLocaleString('en'));
        if (kind === 'team') showWorst(chip.querySelector('.filter-worst'), worst.get(value));
        return chip;
      }),
    );
    group.parentElement.hidden = totals[kind].size === 0 && view[kind].length === 0;
    const more = group.parentElement.querySelector('.filter-more');
    if (!more) return;
    more.hidden = rest <= 0;
    setText(more, this.#all.has(kind) ? 'Show fewer' : `Show all ${values.length}`);
  }

  // values returns the values of a kind in order: statuses as given, teams by name, tags
  // by their total. Totals don't depend on the filters, so the chips stay in place while a
  // person filters.
  #values(kind) {
    const pairs = [...this.#state.totals[kind]];
    if (kind === 'team') pairs.sort(byName);
    if (kind === 'tag') pairs.sort(byCount);
    return pairs.map(([value]) => value);
  }

  #chip(kind, value) {
    const key = `${kind}:${value}`;
    let chip = this.#chips.get(key);
    if (!chip) {
      chip = stamp('filter-chip').firstElementChild;
      chip.key = value;
      chip.dataset.value = value;
      chip.querySelector('.filter-name').textContent = kind === 'status' ? statusNames[value] : value;
      if (kind === 'status') {
        chip.classList.add(value);
        chip.querySelector('.filter-count').id = `stat${statusNames[value]}`;
        showIcon(chip.querySelector('.icon'), value);
      }
      this.#chips.set(key, chip);
    }
    return chip;
  }

  #click({ target }, kind) {
    const chip = target.closest('.filter-chip');
    if (!chip) return;
    tell(this, 'filter', { kind, value: chip.dataset.value });
  }

  #more(kind) {
    if (!this.#all.delete(kind)) this.#all.add(kind);
    this.show(this.#state);
  }
}

// showWorst shows the worst status of a team, if it is one that needs a person.
function showWorst(part, status) {
  part.hidden = status !== 'down' && status !== 'degraded';
  if (part.hidden) return;
  showIcon(part.firstElementChild, status);
  setText(part.lastElementChild, status);
}

function showIcon(icon, status) {
  icon.hidden = false;
  icon.className = `icon icon-${status} ${status}`;
}

customElements.define('filter-sidebar', FilterSidebar);
