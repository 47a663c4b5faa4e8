// The server's clock, which is the one to read ages by: every timestamp comes
// from there, and the browser's own may be hours off.
//
// Clock learns from the Date header of answers. That is a whole second, of a
// moment between asking and being answered, which leaves the offset a range; each
// answer narrows it. An offset that may be none counts as none.
export class Clock {
  #low = -Infinity; // ms that the server is ahead of the browser, at least
  #high = Infinity; // and at most

  // now is the server's time in ms; the browser's, before the first answer.
  now() {
    return Date.now() + this.#offset();
  }

  // hear takes the Date header of an answer ("" or null: it has none), and when it
  // was asked for and had come, by Date.now(). One from a cache says nothing.
  hear(header, asked, came) {
    const second = Date.parse(header ?? '');
    if (Number.isNaN(second)) return;
    const [low, high] = [second - came, second + 1000 - asked];
    this.#low = Math.max(this.#low, low);
    this.#high = Math.min(this.#high, high);
    if (this.#low <= this.#high) return;
    [this.#low, this.#high] = [low, high]; // one of the clocks was set: what was known is no more
  }

  #offset() {
    if (this.#low <= 0 && this.#high >= 0) return 0;
    return (this.#low + this.#high) / 2;
  }
}

export const serverClock = new Clock();
