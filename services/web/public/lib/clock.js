// Clock estimates the server's clock. Ages are computed by it, because every timestamp
// comes from the server, and the browser's clock may be hours off.
//
// The estimate uses the Date header of answers. Date is a whole second, taken between the
// request and the answer, so each answer gives a range of the offset; further answers
// narrow it. If the range includes 0, the offset is 0.
export class Clock {
  #low = -Infinity; // ms that the server is ahead of the browser: lower bound
  #high = Infinity; // and upper bound

  // now returns the server's time in ms, or the browser's before the first answer.
  now() {
    return Date.now() + this.#offset();
  }

  // observe takes the Date header of an answer ("" or null if it has none), and the times
  // of the request and the answer by Date.now(). Do not pass cached answers: their Date
  // is old.
  observe(header, asked, came) {
    const second = Date.parse(header ?? '');
    if (Number.isNaN(second)) return;
    const [low, high] = [second - came, second + 1000 - asked];
    this.#low = Math.max(this.#low, low);
    this.#high = Math.min(this.#high, high);
    if (this.#low <= this.#high) return;
    [this.#low, this.#high] = [low, high]; // one of the clocks was set: start over
  }

  #offset() {
    if (this.#low <= 0 && this.#high >= 0) return 0;
    return (this.#low + this.#high) / 2;
  }
}

export const serverClock = new Clock();

// pageClock is the clock by which the page tells ages: it stands still at the moment that is
// shown, if that is not the present.
export const pageClock = {
  moment: null,

  now() {
    return this.moment ?? serverClock.now();
  },
};
