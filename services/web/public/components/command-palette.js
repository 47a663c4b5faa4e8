// <command-palette> finds services, filters and actions by what a person types: toggle() opens
// and closes it. Its properties `services` and `teams` are functions that return all of them, and `onCall` returns who
// is on call in a team by its slug; changed()
// must be called after a change of these. It bubbles what was chosen: "open", "edit", "check"
// and "copylink" (detail the id of a service), "go" (detail an address), "theme" (detail
// "light", "dark" or "system"), "add", "addteam", "past", "now" and "help".
import { pageClock } from '../lib/clock.js';
import { deeds, groups, serviceOffer, summary } from '../lib/offer.js';
import { prepare } from '../lib/palette.js';
import { slices } from '../lib/reconcile.js';
import { group, option, showOption } from './palette-option.js';
import { setText, setWords, stamp, tell } from './template.js';

const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6 };
const settled = 600; // ms after the last keystroke
const rest = 250; // ms that a pointer is on a service whose actions are to be shown

class CommandPalette extends HTMLElement {
  services = () => [];
  teams = () => [];
  onCall = () => undefined;
  #dialog = null;
  #input;
  #list;
  #offers = new Map(); // line → what it offers
  #lines = new Map(); // id → line of a service
  #chosen = null; // line
  #target = null; // the service whose actions are shown
  #wanted = []; // words
  #empty = true; // whether no service was known
  #teamless = true; // and no team
  #pointer = ''; // where it was
  #resting = 0; // timer
  #telling = 0; // timer
  #preparing = null;

  connectedCallback() {
    if (this.#dialog) return;
    this.append(stamp('command-palette'));
    this.#dialog = this.querySelector('dialog');
    this.#input = this.querySelector('input');
    this.#list = this.querySelector('.palette-list');
    this.#input.addEventListener('input', () => this.#typed());
    this.#input.addEventListener('keydown', (event) => this.#key(event));
    this.#list.addEventListener('click', ({ target }) => this.#act(target.closest('.palette-option')));
    this.#dialog.addEventListener('pointermove', (event) => this.#hover(event));
    this.querySelector('.palette-close').addEventListener('click', () => this.#dialog.close());
    this.#dialog.addEventListener('click', ({ target }) => target === this.#dialog && this.#dialog.close());
    // The focus stays in the field, where letters type.
    this.#dialog.addEventListener('mousedown', (event) => event.target !== this.#input && event.preventDefault());
    this.#dialog.addEventListener('close', () => this.#dialog.open || this.#forget());
  }

  // toggle does nothing while another dialog waits for an answer.
  toggle() {
    if (this.#dialog.open) this.#dialog.close();
    else if (!document.querySelector('dialog:modal')) {
      this.#input.value = ''; // "close" may not have come yet
      this.#preparing?.abort();
      this.#dialog.showModal();
      this.#search();
      this.#preparing = new AbortController();
      void slices(prepare(this.services()), { signal: this.#preparing.signal });
    }
  }

  // changed shows news in the lines that are there. They keep their places, so that no other
  // service comes under Enter.
  changed() {
    if (!this.#dialog.open) return;
    const services = this.services();
    if ((this.#empty && services.length > 0) || (this.#teamless && this.teams().length > 0)) {
      if (this.#input.value)
        this.#typed(); // they came only now
      else this.#search();
      return;
    }
    const gone = new Map(this.#lines);
    for (const service of services) {
      const line = gone.get(service.id);
      if (!line) continue;
      gone.delete(service.id);
      this.#show(line, service);
    }
    for (const line of gone.values()) this.#bury(line);
    this.#showDeeds();
  }

  // tick updates the texts that depend on the time.
  tick() {
    if (!this.#dialog.open) return;
    for (const line of this.#lines.values()) {
      if (line.ariaDisabled !== 'true') this.#show(line, this.#offers.get(line).service);
    }
  }

  #show(line, service) {
    if (this.#target?.id === service.id) this.#target = service;
    const offer = serviceOffer(service, this.#wanted, pageClock.now());
    const same = JSON.stringify(offer) === JSON.stringify(this.#offers.get(line));
    this.#offers.set(line, offer);
    if (same && line.ariaDisabled !== 'true') return;
    line.ariaDisabled = null;
    showOption(line, offer);
  }

  #bury(line) {
    line.ariaDisabled = 'true';
    const offer = this.#offers.get(line);
    showOption(line, { ...offer, end: 'deleted', verb: '' });
    if (this.#target?.id === offer.detail) this.#target = null;
  }

  #typed() {
    const offered = this.#search();
    clearTimeout(this.#telling);
    this.#telling = setTimeout(() => setText(this.#status, summary(offered)), settled);
  }

  #search() {
    const all = this.services();
    const teams = this.teams();
    const offered = groups(all, this.#input.value, pageClock.now(), teams, this.onCall);
    this.#empty = all.length === 0;
    this.#teamless = teams.length === 0;
    this.#wanted = offered.wanted;
    this.#fill(offered);
    return offered;
  }

  #fill({ services, teams, filters, actions }) {
    this.#offers.clear();
    this.#lines.clear();
    this.#list.replaceChildren(
      ...this.#group('services', 'Services', services),
      ...this.#group('filters', 'Teams and filters', [...teams, ...filters]),
      ...this.#group('actions', 'Actions', actions),
    );
    const first = this.#list.querySelector('.palette-option');
    this.querySelector('.palette-none').hidden = Boolean(first);
    this.#list.hidden = !first;
    this.#input.ariaExpanded = String(Boolean(first));
    this.#target = null;
    this.#choose(first);
    this.#aim();
    this.#list.scrollTop = 0;
  }

  // group returns the group of offers, or none of no offers.
  #group(name, title, offers) {
    return offers.length > 0 ? [group(name, title, this.#options(offers))] : [];
  }

  #options(offers) {
    return offers.map((offer) => {
      const line = option(offer);
      this.#offers.set(line, offer);
      if (offer.service) this.#lines.set(offer.detail, line);
      return line;
    });
  }

  #choose(line) {
    clearTimeout(this.#resting);
    if (this.#chosen) this.#chosen.ariaSelected = 'false';
    this.#chosen = line;
    if (line) line.ariaSelected = 'true';
    if (line) this.#input.setAttribute('aria-activedescendant', line.id);
    else this.#input.removeAttribute('aria-activedescendant');
  }

  // aim shows the actions of the chosen service; of another line, those shown stay.
  #aim() {
    const service = this.#offers.get(this.#chosen)?.service;
    if (!service || service === this.#target) return;
    this.#target = service;
    this.#showDeeds();
  }

  get #deeds() {
    return this.#list.querySelector('[data-group="deeds"]');
  }

  // showDeeds leaves actions alone that are there already: one of them may be chosen.
  #showDeeds() {
    const before = this.#deeds;
    const offers = this.#target ? deeds(this.#target) : [];
    const lines = [...(before?.querySelectorAll('.palette-option') ?? [])];
    const same = (line, i) =>
      this.#offers.get(line).key === offers[i].key && this.#offers.get(line).detail === this.#target.id;
    if (lines.length === offers.length && lines.every(same)) {
      this.#titleDeeds();
      return;
    }
    const had = this.#offers.get(this.#chosen);
    for (const line of lines) this.#offers.delete(line);
    before?.remove();
    if (offers.length > 0) this.#putDeeds(offers);
    if (this.#chosen?.isConnected) return;
    const again = [...this.#offers].find(([, { key, detail }]) => key === had?.key && detail === had.detail);
    this.#choose(again?.[0] ?? this.#lines.get(had?.detail) ?? this.#list.querySelector('.palette-option'));
  }

  #putDeeds(offers) {
    const section = group('deeds', '', this.#options(offers));
    this.#list.insertBefore(section, this.#list.querySelector('[data-group="actions"]'));
    this.#titleDeeds();
  }

  #titleDeeds() {
    const title = this.#deeds?.querySelector('.palette-title');
    const words = ['Do with ', this.#target];
    if (title && title.textContent !== `Do with ${this.#target.name}`) setWords(title, words);
  }

  #key(event) {
    const { key } = event;
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (key === 'Enter') this.#act(this.#chosen);
    const line = steps[key] ? this.#next(steps[key]) : this.#beside(key);
    if (line) this.#go(line);
    if (line || key === 'Enter') event.preventDefault();
  }

  // next returns the line so many further: single steps go round, larger ones stop at the ends.
  #next(by) {
    const lines = [...this.#list.querySelectorAll('.palette-option')];
    const to = lines.indexOf(this.#chosen) + by;
    const last = lines.length - 1;
    return Math.abs(by) === 1 ? lines.at(to > last ? 0 : to) : lines[Math.min(Math.max(to, 0), last)];
  }

  // beside returns where a key leads between a service and its actions, if it does: the arrow
  // forward at the end of the text, and the one back from an action.
  #beside(key) {
    const rightToLeft = getComputedStyle(this.#input).direction === 'rtl';
    const [back, forward] = rightToLeft ? ['ArrowRight', 'ArrowLeft'] : ['ArrowLeft', 'ArrowRight'];
    const { selectionStart, selectionEnd, value } = this.#input;
    const atEnd = selectionStart === value.length && selectionEnd === value.length;
    if (key === back && this.#deeds?.contains(this.#chosen)) return this.#lines.get(this.#target.id);
    if (key !== forward || !atEnd || !this.#offers.get(this.#chosen)?.service) return null;
    this.#aim(); // a pointer may have chosen it a moment ago
    return this.#deeds?.querySelector('.palette-option');
  }

  #go(line) {
    this.#choose(line);
    this.#aim();
    line.scrollIntoView({ block: 'nearest' });
  }

  // hover chooses what the pointer moves to, but not what comes under it. The actions follow
  // only when it rests, or else they would be other ones before it gets there.
  #hover({ target, pointerType, screenX, screenY }) {
    const at = `${screenX} ${screenY}`;
    const moved = this.#pointer !== '' && this.#pointer !== at;
    this.#pointer = at;
    const line = target.closest('.palette-option');
    if (!moved || pointerType === 'touch' || !line || line === this.#chosen) return;
    this.#choose(line);
    this.#resting = setTimeout(() => this.#aim(), rest);
  }

  #act(line) {
    if (!line || line.ariaDisabled === 'true') return;
    const { event, detail } = this.#offers.get(line);
    this.#dialog.close();
    tell(this, event, detail);
  }

  get #status() {
    return this.querySelector('[role="status"]');
  }

  #forget() {
    clearTimeout(this.#telling);
    clearTimeout(this.#resting);
    this.#preparing.abort();
    setText(this.#status, '');
    this.#input.value = '';
    this.#pointer = '';
    this.#fill({ services: [], teams: [], filters: [], actions: [] });
  }
}

customElements.define('command-palette', CommandPalette);
