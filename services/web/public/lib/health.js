// Health polls the portal's health while the page is visible: soon after the start, then
// about every 15 s, and sooner after checkSoon. The tabs of a browser share each answer,
// so that about one of them polls.
const pollInterval = 15_000; // ms between two requests
const shortDelay = 1_500; // ms until a request that is wanted at once
const minInterval = 5_000; // ms between two requests, also after checkSoon
const jitter = 0.2; // of a delay, so that browsers do not poll in step

export class Health {
  #ask;
  #tell;
  #channel = null; // null: stopped
  #timer = 0;
  #due = Infinity; // when the timer fires
  #answeredAt = -Infinity; // when the last request of any tab ended, also without an answer
  #visible = true;

  // ask resolves with the { status, checks } of /api/health, or rejects. tell is called
  // with each answer; without an answer, the previous one stays.
  constructor(ask, tell) {
    this.#ask = ask;
    this.#tell = tell;
  }

  start() {
    this.stop();
    this.#channel = new BroadcastChannel('portal-health');
    this.#channel.addEventListener('message', ({ data }) => this.#handle(data));
    this.#schedule(shortDelay);
  }

  stop() {
    this.#channel?.close();
    this.#channel = null;
    this.#cancel();
  }

  // show sets whether the page is visible.
  show(visible) {
    this.#visible = visible;
    if (visible) this.#schedule(shortDelay);
    else this.#cancel();
  }

  // checkSoon polls earlier, because something seems not to work.
  checkSoon() {
    this.#schedule(Math.max(shortDelay, this.#answeredAt + minInterval - Date.now()));
  }

  // schedule polls after ms, unless an earlier poll is scheduled.
  #schedule(ms) {
    if (!this.#channel || !this.#visible) return;
    const wait = ms * (1 + jitter * Math.random());
    if (this.#due <= Date.now() + wait) return;
    this.#cancel();
    this.#due = Date.now() + wait;
    this.#timer = setTimeout(() => this.#poll(), wait);
  }

  #cancel() {
    clearTimeout(this.#timer);
    this.#due = Infinity;
  }

  async #poll() {
    const channel = this.#channel;
    let answer = null;
    try {
      answer = await this.#ask();
    } catch {
      // The connection status already says that the portal cannot be reached.
    }
    if (channel !== this.#channel) return; // stopped meanwhile
    channel.postMessage(answer);
    this.#handle(answer);
  }

  #handle(answer) {
    this.#cancel();
    this.#answeredAt = Date.now();
    this.#schedule(pollInterval);
    if (answer) this.#tell(answer);
  }
}
