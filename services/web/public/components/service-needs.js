// <service-needs> shows which services one needs, and which need it: show(service, store) takes the service, or
// undefined if none is shown, and the services of the same time; tick(now) updates the times. All is from the
// store, so that it is live. It bubbles "declare" (detail the id), for a person who wants to say what it needs.
import { account } from '../lib/account.js';
import { pageClock } from '../lib/clock.js';
import { kinds, neededBy, needs } from '../lib/dependencies.js';
import { since, state } from '../lib/format.js';
import { finish, reconcile } from '../lib/reconcile.js';
import { address } from '../lib/route.js';
import { statusNames } from '../lib/status.js';
import { Hold, steady } from '../lib/steady.js';
import { setText, setTime, stamp, tell } from './template.js';

const few = 10; // rows of a list that is folded
const parts = {
  needs: (service, store) => needs(service, store),
  neededBy: (service, store) => neededBy(service, store.values()),
};

class ServiceNeeds extends HTMLElement {
  #id = '';
  #shown = null; // the arguments of show
  #lists = new Map(); // name → { part, rows, elements, whole }
  #hold = new Hold();

  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('service-needs'));
    for (const part of this.querySelectorAll('.needs-part')) {
      const list = { part, rows: [], elements: new Map(), whole: false };
      this.#lists.set(part.dataset.part, list);
      part.querySelector('.needs-all').addEventListener('click', () => {
        list.whole = !list.whole;
        this.#fill(list);
      });
    }
    this.querySelector('.needs-declare').addEventListener('click', () => tell(this, 'declare', this.#id));
    this.#hold.watch(this);
    this.#hold.addEventListener('release', () => this.#shown && this.show(...this.#shown));
  }

  show(service, store) {
    const other = service?.id !== this.#id;
    this.#shown = service ? [service, store] : null;
    this.#id = service?.id ?? '';
    this.hidden = !service;
    if (!service) return;
    for (const [name, list] of this.#lists) {
      const rows = parts[name](service, store);
      if (other) list.whole = false;
      list.rows =
        this.#hold.held && !other
          ? steady(
              list.rows.map(({ id }) => id),
              rows,
              () => undefined,
            )
          : rows;
      this.#fill(list);
    }
    const none = this.#lists.get('needs').rows.length === 0;
    this.querySelector('.needs-declare').hidden = !none || !account.mayChange(service);
  }

  tick(now) {
    for (const { elements, rows } of this.#lists.values()) {
      for (const { id, service } of rows) if (elements.has(id)) showTrouble(elements.get(id), service, now);
    }
  }

  #fill({ part, rows, elements, whole }) {
    const shown = new Map((whole ? rows : rows.slice(0, few)).map((row) => [row.id, row]));
    for (const id of elements.keys()) if (!shown.has(id)) elements.delete(id);
    const list = part.querySelector('ol');
    finish(reconcile(list, [...shown.keys()], (id) => showRow(elementOf(elements, id), shown.get(id))));
    list.hidden = rows.length === 0;
    part.querySelector('.needs-none').hidden = rows.length > 0;
    const all = part.querySelector('.needs-all');
    all.hidden = rows.length <= few;
    all.ariaExpanded = String(whole);
    setText(all.firstElementChild, whole ? 'Fewer' : `All ${rows.length.toLocaleString('en')}`);
  }
}

function elementOf(elements, id) {
  let element = elements.get(id);
  if (!element) {
    element = stamp('need-row').firstElementChild;
    element.key = id;
    elements.set(id, element);
  }
  return element;
}

// showRow shows a row of lib/dependencies.js. What is gone has still a page, with what befell it.
function showRow(element, { id, name, service, kind, note }) {
  const find = (selector) => element.querySelector(selector);
  const status = service?.status ?? 'unknown';
  find('.icon').className = `icon icon-${status} ${status}`;
  const link = find('.need-link');
  const to = address(service ? name : id);
  if (link.getAttribute('href') !== to) link.href = to;
  setText(link.firstElementChild, name);
  setText(find('.visually-hidden'), service ? `, ${statusNames[status]}` : '');
  setText(find('.need-deleted'), service ? '' : '(deleted)');
  setText(find('.need-team'), service?.team ?? '');
  element.classList.toggle('soft', kind === 'soft');
  setText(find('.need-soft'), kind === 'soft' ? kinds.soft : '');
  setText(find('.need-note'), note);
  find('.need-how').hidden = kind !== 'soft' && !note;
  showTrouble(element, service, pageClock.now());
  return element;
}

// showTrouble says why a service is not healthy, and since when.
function showTrouble(element, service, now) {
  const line = element.querySelector('.need-trouble');
  line.hidden = !service || service.status === 'healthy';
  if (line.hidden) return;
  line.className = `need-trouble ${service.status}`;
  setText(line.querySelector('strong'), state(service));
  setTime(line.querySelector('time'), since(service, now), service.status_since);
}

customElements.define('service-needs', ServiceNeeds);
