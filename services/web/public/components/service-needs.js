// <service-needs> shows which services one needs, and which need it: show(service, store) takes the service, or
// undefined if none is shown, and the services of the same time; tick(now) updates the times. All is from the
// store, so that it is live. It bubbles "declare" (detail { id }), for a person who wants to say what it needs.
import { account } from '../lib/account.js';
import { pageClock } from '../lib/clock.js';
import { kinds, neededBy, needs } from '../lib/dependencies.js';
import { since, state } from '../lib/format.js';
import { around } from '../lib/graph-view.js';
import { address } from '../lib/route.js';
import { statusNames } from '../lib/status.js';
import { Hold, steady } from '../lib/steady.js';
import { showLink, showStatus } from './hit-box.js';
import { fillList } from './list.js';
import { setText, setTime, stamp, tell } from './template.js';

const few = 10; // rows of a list that is folded
const parts = {
  needs: (service, store) => needs(service, store),
  neededBy: (service, store) => neededBy(service, store.values()),
};

class ServiceNeeds extends HTMLElement {
  #id = '';
  #shown = null; // the arguments of show
  #lists = new Map(); // name → { part, rows, whole }
  #hold = new Hold();

  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('service-needs'));
    for (const part of this.querySelectorAll('.needs-part')) {
      const list = { part, rows: [], whole: false };
      this.#lists.set(part.dataset.part, list);
      part.querySelector('.needs-all').addEventListener('click', () => {
        list.whole = !list.whole;
        this.#fill(list);
      });
    }
    this.querySelector('.needs-declare').addEventListener('click', () => tell(this, 'declare', { id: this.#id }));
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
    const link = this.querySelector('.graph-link');
    link.hidden = [...this.#lists.values()].every(({ rows }) => rows.length === 0);
    if (other) link.href = around(service.id);
    const none = this.#lists.get('needs').rows.length === 0;
    this.querySelector('.needs-declare').hidden = !none || !account.mayChange(service);
  }

  tick(now) {
    for (const element of this.querySelectorAll('.need-row')) showTrouble(element, element.service, now);
  }

  #fill({ part, rows, whole }) {
    const shown = whole ? rows : rows.slice(0, few);
    const list = part.querySelector('ol');
    fillList(
      list,
      'need-row',
      shown.map((row) => ({ key: row.id, ...row })),
      showRow,
    );
    list.hidden = rows.length === 0;
    part.querySelector('.needs-none').hidden = rows.length > 0;
    const all = part.querySelector('.needs-all');
    all.hidden = rows.length <= few;
    all.ariaExpanded = String(whole);
    setText(all.firstElementChild, whole ? 'Fewer' : `All ${rows.length.toLocaleString('en')}`);
  }
}

// showRow shows a row of lib/dependencies.js. What is gone has still a page, with what befell it.
function showRow(element, { id, name, service, kind, note }) {
  const find = (selector) => element.querySelector(selector);
  const status = service?.status ?? 'unknown';
  element.service = service;
  showStatus(find('.icon'), { status });
  showLink(find('.need-link'), address(service ? name : id), name);
  setText(find('.visually-hidden'), service ? `, ${statusNames[status]}` : '');
  setText(find('.need-deleted'), service ? '' : '(deleted)');
  setText(find('.need-team'), service?.team ?? '');
  element.classList.toggle('soft', kind === 'soft');
  setText(find('.need-soft'), kind === 'soft' ? kinds.soft : '');
  setText(find('.need-note'), note);
  find('.need-how').hidden = kind !== 'soft' && !note;
  showTrouble(element, service, pageClock.now());
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
