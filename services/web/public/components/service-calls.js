// <service-calls> shows which services one was seen calling, and which were seen calling it, although nobody declared
// that they need each other: show(service, store) takes the service, or undefined if none is shown, and the services
// of the present; tick(now) updates the times. Its property `api` is lib/api.js. It bubbles "declare" (detail
// { id, need }, an entry as in lib/dependencies.js), "seen" when it knows more (see calls) and "hidecalls" (detail { id, server, name, hidden, done }, of
// which done is to be called then).
import { account } from '../lib/account.js';
import { seen } from '../lib/calls.js';
import { pageClock } from '../lib/clock.js';
import { address } from '../lib/route.js';
import { statusNames } from '../lib/status.js';
import { showLink, showStatus } from './hit-box.js';
import { fillList } from './list.js';
import { setText, stamp, tell } from './template.js';

const few = 5; // rows while the list is folded
const age = 180_000; // ms after which it is read again
const retry = 15_000; // ms after a failure

class ServiceCalls extends HTMLElement {
  api = null;
  #service;
  #store;
  #due = 0; // by the browser's clock
  #seen = []; // rows, also of those that somebody declared
  #rows = []; // of those that nobody did, the hidden ones last
  #whole = false;

  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('service-calls'));
    this.querySelector('.calls-all').addEventListener('click', () => {
      this.#whole = !this.#whole;
      this.#fill();
    });
    this.addEventListener('click', ({ target }) => this.#act(target.closest('[data-do]')));
  }

  show(service, store) {
    const other = service?.id !== this.#service?.id;
    this.#service = service;
    this.#store = store;
    if (other) {
      this.#seen = [];
      this.#whole = false;
    }
    if (service && other) void this.#read();
    this.#fill();
  }

  // calls are all that were seen, also those that somebody declared, as lib/calls.js has them.
  get calls() {
    const { id } = this.#service ?? {};
    return this.#seen
      .filter(({ hidden }) => !hidden)
      .map(({ id: other, calls, ...row }) => ({ ...row, from: calls ? id : other, to: calls ? other : id }));
  }

  tick(now) {
    if (!this.#service) return;
    for (const element of this.querySelectorAll('.call-row'))
      setText(element.querySelector('.call-seen'), seen(element.row, now));
    if (Date.now() > this.#due) void this.#read();
  }

  // read asks what was seen of the service. What was known stays after a failure.
  async #read() {
    const { id } = this.#service;
    this.#due = Date.now() + age;
    try {
      const found = await this.api.near(id);
      if (id !== this.#service?.id) return;
      const rows = (list, calls) =>
        list.map(({ seen: of, ...one }) => ({ ...one, ...of, key: `${calls} ${one.id}`, calls }));
      const declared = (list) => list.filter(({ seen: of }) => of);
      this.#seen = [
        ...rows([...found.calls, ...declared(found.needs)], true),
        ...rows([...found.called_by, ...declared(found.needed_by)], false),
      ];
      this.#fill();
      tell(this, 'seen');
    } catch {
      if (id === this.#service?.id) this.#due = Date.now() + retry;
    }
  }

  // isDeclared says whether somebody has declared a row by now.
  #isDeclared({ id, calls }) {
    const [from, to] = calls ? [this.#service.id, id] : [id, this.#service.id];
    return this.#store.get(from)?.depends_on.some((need) => need.id === to) ?? true;
  }

  #fill() {
    this.#rows = this.#service ? this.#seen.filter((row) => !this.#isDeclared(row)) : [];
    this.#rows.sort((a, b) => Boolean(a.hidden) - Boolean(b.hidden));
    this.hidden = this.#rows.length === 0;
    if (this.hidden) return;
    const wanted = this.#rows.filter(({ hidden }) => !hidden);
    const shown = this.#whole ? this.#rows : wanted.slice(0, few);
    const mayWrite = account.mayChange(this.#service);
    fillList(this.querySelector('ol'), 'call-row', shown, (element, row) => this.#show(element, row, mayWrite));
    const all = this.querySelector('.calls-all');
    all.hidden = this.#rows.length <= Math.min(wanted.length, few);
    all.ariaExpanded = String(this.#whole);
    const more = wanted.length > 0 ? `All ${this.#rows.length}` : `${this.#rows.length} hidden`;
    setText(all.firstElementChild, this.#whole ? 'Fewer' : more);
  }

  #show(element, row, mayWrite) {
    const { id, name: called, team, hidden = false, calls } = row;
    const find = (selector) => element.querySelector(selector);
    const { status, name = called } = this.#store.get(id) ?? row;
    element.row = row;
    element.classList.toggle('unwanted', hidden);
    showStatus(find('.icon'), { status });
    setText(find('.call-way'), calls ? 'Calls' : 'Called by');
    showLink(find('.need-link'), address(name), name);
    setText(find('.visually-hidden'), `, ${statusNames[status]}`);
    setText(find('.need-team'), team ?? '');
    setText(find('.call-seen'), seen(row, pageClock.now()));
    const [declare, hide] = ['declare', 'hide'].map((what) => find(`[data-do="${what}"]`));
    declare.hidden = !calls || !mayWrite || hidden;
    hide.hidden = !calls || !mayWrite;
    setText(hide.firstElementChild, hidden ? 'Show again' : 'Hide');
    for (const of of [declare, hide]) setText(of.querySelector('bdi'), name);
  }

  #act(button) {
    const row = button?.closest('.call-row')?.row;
    if (!row) return;
    const { id } = this.#service;
    const { id: server, name, hidden } = row;
    if (button.dataset.do === 'declare') {
      tell(this, 'declare', { id, need: { id: server, name, kind: 'hard', note: '' } });
      return;
    }
    tell(this, 'hidecalls', { id, server, name, hidden: !hidden, done: () => this.#again() });
  }

  async #again() {
    if (this.#service) await this.#read();
    const next =
      this.querySelector('.call-row [data-do]:not([hidden])') ?? this.querySelector('.calls-all:not([hidden])');
    if (!this.contains(document.activeElement)) next?.focus();
  }
}

customElements.define('service-calls', ServiceCalls);
