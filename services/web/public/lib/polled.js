// Polled keeps what is known of one thing up to date: it reads at once when it is another thing, soon after its state has
// changed, and now and then. It never reads twice at a time.
const every = 60_000; // ms between two reads while nothing happens
const pause = 2_000; // ms between two reads, however much happens
const retry = 15_000; // ms after a failure

export class Polled {
  #read;
  #show;
  #thing = '';
  #state = '';
  #readAt = Number.NEGATIVE_INFINITY;
  #due = Number.POSITIVE_INFINITY;
  #reading = false;

  // read(thing) resolves with the answer; show(answer, failure) takes it: null while it is not known, and failure is why
  // it could not be read, or "".
  constructor(read, show) {
    this.#read = read;
    this.#show = show;
  }

  // of says which thing it is, "" for none, and its state: any text.
  of(thing, state = '') {
    if (thing !== this.#thing) {
      this.#thing = thing;
      this.#due = thing === '' ? Number.POSITIVE_INFINITY : 0;
      this.#readAt = Number.NEGATIVE_INFINITY;
      this.#show(null, '');
    } else if (state !== this.#state) this.again();
    this.#state = state;
  }

  // again must be called when it may have changed.
  again() {
    if (this.#thing !== '') this.#due = Math.min(this.#due, this.#readAt + pause);
  }

  // tick reads if that is due; now is the browser's time in ms.
  async tick(now = Date.now()) {
    if (this.#reading || now < this.#due) return;
    const thing = this.#thing;
    this.#reading = true;
    this.#readAt = now;
    this.#due = now + every;
    try {
      const answer = await this.#read(thing);
      if (thing === this.#thing) this.#show(answer, '');
    } catch (problem) {
      if (thing === this.#thing) {
        this.#due = Math.min(this.#due, now + retry);
        this.#show(null, problem.message);
      }
    }
    this.#reading = false;
    if (thing !== this.#thing) await this.tick(now);
  }
}
