// Past is what the page shows instead of the present when its address has a moment: the services
// as they were, in a store of their own. It dispatches "change". While services of another
// moment are read, those of the one before stay, and `mode` says so.
import { format, momentOf, span, wholeSecond, withMoment } from './moment.js';
import { Store } from './store.js';
import { Strips } from './strips.js';

const again = 300_000; // ms after which falls are read again
const pause = 15_000; // ms after a failure

export class Past extends EventTarget {
  at = null; // the moment; null: the page shows the present; NaN: the address names none
  store = new Store();
  strips = null;
  mode = 'loading'; // or "past", or "offline": nothing is known of the moment
  why = ''; // what the portal said of a failure
  knownFrom = ''; // from when on all changes are known, if that is later
  falls = []; // in the span of the slider
  around = {}; // { before, after }: the moments of the nearest falls, null where there is none; or not read yet
  span = null; // of the slider
  #begin = null; // of the record
  #api;
  #clock;
  #shown = null; // the moment of the services in the store
  #reading = false;
  #fallsOf = ''; // the span whose falls were read last
  #fallsDue = 0;

  constructor(api, clock) {
    super();
    this.#api = api;
    this.#clock = clock;
  }

  get on() {
    return this.at !== null;
  }

  // text is the moment as in the API, "" for the present.
  get text() {
    return this.at === null || Number.isNaN(this.at) ? '' : format(this.at);
  }

  // connection is like that of Sync.
  get connection() {
    const known = this.#shown !== null && this.mode !== 'offline';
    return {
      mode: this.mode === 'offline' ? 'offline' : 'past',
      at: known ? new Date(this.#shown) : null,
      why: this.why,
    };
  }

  // keep returns an address at the moment that is shown, unless it has one of its own.
  keep(address) {
    const its = new URLSearchParams(address.split('?')[1]).has('at');
    return its || !this.text ? address : withMoment(address, this.at);
  }

  // arrive must be called when the address has changed.
  arrive(location) {
    const at = momentOf(location);
    if (Object.is(at, this.at)) return;
    this.at = at;
    if (at === null) this.#leave();
    else if (Number.isNaN(at)) this.#fail('What the address names is not a time such as 2026-03-14T02:10.');
    else this.#look();
    this.#tell();
  }

  // retry reads the services again, after it failed.
  retry() {
    if (this.text) this.#look();
    this.#tell();
  }

  // tick keeps the slider up to date.
  tick() {
    if (this.text && this.#readFalls()) void this.#readAround();
  }

  // begin resolves with the moment to look at first: an hour ago, or when the record began.
  async begin() {
    const now = this.#clock.now();
    const { begin } = await this.#api.falls();
    return Math.min(Math.max(now - 3_600_000, Math.ceil(Date.parse(begin ?? '') / 1000) * 1000 || 0), now);
  }

  #leave() {
    this.store = new Store();
    this.strips = null;
    this.#shown = null;
    this.span = null;
    this.mode = 'loading';
  }

  #look() {
    this.mode = 'loading';
    this.#lay();
    this.around = {};
    void this.#read();
    this.#readFalls();
    void this.#readAround();
  }

  #lay() {
    this.span = span(this.at, this.#clock.now(), this.#begin, this.span);
  }

  // read reads the services, and again if another moment was asked for meanwhile.
  async #read() {
    if (this.#reading) return;
    this.#reading = true;
    while (this.text && this.mode === 'loading') {
      const { at, text } = this;
      try {
        const { items, knownFrom } = await this.#api.listAt(text);
        if (at === this.at) this.#take(items, knownFrom);
      } catch (problem) {
        if (at === this.at) this.#fail(problem.errors?.[0]?.message ?? problem.message);
      }
      if (at === this.at) this.#tell();
    }
    this.#reading = false;
  }

  #take(items, knownFrom) {
    this.store = new Store();
    this.store.replaceAll(items);
    const { text } = this;
    this.strips = new Strips({ strips: (ids) => this.#api.strips(ids, text) });
    this.strips.addEventListener('read', () => this.dispatchEvent(new Event('strips')));
    this.#shown = this.at;
    this.mode = 'past';
    this.why = '';
    this.knownFrom = knownFrom;
  }

  #fail(why) {
    this.store = new Store();
    this.#shown = null;
    this.mode = 'offline';
    this.why = why;
  }

  // readFalls has read when services fell, of another span or after a while, and returns whether
  // it has. Without them the slider has no marks.
  #readFalls() {
    this.#lay();
    const of = `${this.span.from >= this.#clock.now() - 8 * 86_400_000 || this.span.from}`;
    const now = Date.now();
    if (of === this.#fallsOf && now < this.#fallsDue) return false;
    this.#fallsOf = of;
    this.#fallsDue = now + pause;
    void this.#takeFalls(of, now, this.span);
    return true;
  }

  async #takeFalls(of, now, { from, to }) {
    try {
      const { items, begin } = await this.#api.falls(format(from), format(to));
      if (of !== this.#fallsOf || !this.text) return;
      this.falls = items;
      this.#begin = begin && Date.parse(begin);
      this.#fallsDue = now + again;
      this.#lay();
      this.#tell();
    } catch {
      // It is asked for again later; whatever is wrong, the list says.
    }
  }

  // readAround reads which moments fell nearest to the one that is shown. The falls of the
  // slider may be too many to be told one by one, and it ends.
  async #readAround() {
    const { at, text } = this;
    try {
      const { before, after } = await this.#api.fallsAround(text);
      if (at !== this.at) return;
      this.around = { before: before && wholeSecond(before), after: after && wholeSecond(after) };
      this.#tell();
    } catch {
      // One gets there by the slider.
    }
  }

  #tell() {
    this.dispatchEvent(new Event('change'));
  }
}
