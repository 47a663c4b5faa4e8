// Live follows /api/events. It dispatches
//   live    the stream stands; detail.fresh: it did not resume where the last
//           one stopped, or could not, so the list must be read anew
//   lost    the stream broke; it is tried again until stop()
//   message detail: { type, data }, one of the portal's events
const types = ['service.created', 'service.updated', 'service.deleted', 'status.changed'];
const longest = 30_000; // ms between two tries

export class Live extends EventTarget {
  #url;
  #Source;
  #source = null;
  #timer = 0;
  #failures = 0;
  #up = false;

  // Source stands in for EventSource in tests.
  constructor(url, Source = globalThis.EventSource) {
    super();
    this.#url = url;
    this.#Source = Source;
  }

  get up() {
    return this.#up;
  }

  start() {
    this.stop();
    const source = new this.#Source(this.#url);
    this.#source = source;
    let fresh = true; // until the first hello: after it, the browser resumes by Last-Event-ID
    source.addEventListener('hello', () => {
      this.#failures = 0;
      this.#up = true;
      this.#tell('live', { fresh });
      fresh = false;
    });
    source.addEventListener('reset', () => this.#tell('live', { fresh: true }));
    for (const type of types) source.addEventListener(type, ({ data }) => this.#pass(type, data));
    source.addEventListener('error', () => this.#broken(source));
  }

  stop() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
    this.#up = false;
  }

  #pass(type, data) {
    try {
      this.#tell('message', { type, data: JSON.parse(data) });
    } catch {
      this.#tell('live', { fresh: true }); // not to be understood, so not to be missed either
    }
  }

  // A browser resumes a stream that broke off by itself, but gives up for good
  // after an HTTP error, which is what a proxy answers during an upgrade.
  #broken(source) {
    const wasUp = this.#up;
    this.#up = false;
    if (wasUp) this.#tell('lost');
    if (source.readyState !== this.#Source.CLOSED) return;
    this.stop();
    const wait = Math.min(longest, 1000 * 2 ** this.#failures++) * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => this.start(), wait);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
