// Reading is the base of what is read from the server as a whole when something needs it, and again when it may have
// changed: after events, and every few minutes, since some of it changes without one. It dispatches "change". A
// subclass has read(at), which asks the server and returns a function that keeps the answer, and forget().
const every = 180_000; // ms between two reads while nothing happens
const pause = 2_000; // ms between two reads, however much happens

export class Reading extends EventTarget {
  at = ''; // the moment that is shown, as in the API, "" for the present
  #events;
  #retry;
  #reading = false;
  #readAt = 0; // by the browser's clock
  #due = 0;

  // events matches the types of events after which it may have changed, retry is the ms until the next try after
  // a failure; live is a Live, sync a Sync.
  constructor({ events, retry, live, sync }) {
    super();
    this.#events = events;
    this.#retry = retry;
    live.addEventListener('live', ({ detail }) => detail.fresh && this.again());
    live.addEventListener('message', ({ detail: { type } }) => this.#events.test(type) && this.again());
    sync.addEventListener('state', ({ detail }) => detail.mode === 'polling' && this.again());
  }

  // show sets the moment that is shown, and reports whether it is another one.
  show(at) {
    if (at === this.at) return false;
    this.at = at;
    this.#due = 0;
    this.#readAt = 0;
    this.forget();
    this.dispatchEvent(new Event('change'));
    return true;
  }

  // want reads what is not known, or may have changed; now is the browser's time in ms. It may be called again and
  // again.
  want(now = Date.now()) {
    const due = now >= this.#due || this.isOver();
    if (due && !this.#reading && now >= this.#readAt + pause) void this.#read(now);
  }

  // again must be called when it may have changed: the past does not.
  again() {
    if (this.at === '') this.#due = 0;
  }

  // isOver says whether what is known holds no more.
  isOver() {
    return false;
  }

  async #read(now) {
    const { at } = this;
    this.#reading = true;
    this.#readAt = now;
    this.#due = at ? Number.POSITIVE_INFINITY : now + every;
    try {
      const keep = await this.read(at);
      if (at === this.at) keep();
    } catch {
      // What was known stays. The pages say what is wrong.
      if (at === this.at) this.#due = now + this.#retry;
    }
    this.#reading = false;
    if (at !== this.at) this.want();
  }
}
