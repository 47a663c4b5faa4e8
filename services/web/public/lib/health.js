// Health asks the portal how it is, as long as somebody sees the page: soon after the
// start, and then every 15 s or so; sooner when there is doubt. What one tab of a
// browser was told, the others take as told to them, so that one at a time asks.
const period = 15_000; // ms between two asks
const soon = 1_500; // ms until one that is wanted at once
const least = 5_000; // ms between two asks, whatever the doubt
const spread = 0.2; // of a wait, so that browsers do not ask together

export class Health {
  #ask;
  #tell;
  #channel = null; // null: stopped
  #timer = 0;
  #due = Infinity; // when the timer ends
  #heard = -Infinity; // when this or another tab was last told, or was not
  #visible = true;

  // ask resolves with { status, checks }, as /api/health says it, or rejects; tell
  // takes what it said. No answer tells nothing: what was said stands.
  constructor(ask, tell) {
    this.#ask = ask;
    this.#tell = tell;
  }

  start() {
    this.stop();
    this.#channel = new BroadcastChannel('portal-health');
    this.#channel.addEventListener('message', ({ data }) => this.#hear(data));
    this.#plan(soon);
  }

  stop() {
    this.#channel?.close();
    this.#channel = null;
    this.#cancel();
  }

  // show says whether anybody can see the page.
  show(visible) {
    this.#visible = visible;
    if (visible) this.#plan(soon);
    else this.#cancel();
  }

  // doubt is for when something seems not to work.
  doubt() {
    this.#plan(Math.max(soon, this.#heard + least - Date.now()));
  }

  // plan asks after a while, unless that is planned for earlier.
  #plan(ms) {
    if (!this.#channel || !this.#visible) return;
    const wait = ms * (1 + spread * Math.random());
    if (this.#due <= Date.now() + wait) return;
    this.#cancel();
    this.#due = Date.now() + wait;
    this.#timer = setTimeout(() => this.#turn(), wait);
  }

  #cancel() {
    clearTimeout(this.#timer);
    this.#due = Infinity;
  }

  async #turn() {
    const channel = this.#channel;
    let answer = null;
    try {
      answer = await this.#ask();
    } catch {
      // The page says by itself that the portal cannot be reached.
    }
    if (channel !== this.#channel) return; // stopped meanwhile
    channel.postMessage(answer);
    this.#hear(answer);
  }

  #hear(answer) {
    this.#cancel();
    this.#heard = Date.now();
    this.#plan(period);
    if (answer) this.#tell(answer);
  }
}
