// Stream keeps one connection to /api/events, whatever breaks it. It tells
// { type, data, id, up } of each event, and with type "lost" that it was broken off:
// id is the last event that came, up whether the connection stands from there on.
const types = [
  'hello',
  'heartbeat',
  'reset',
  'service.created',
  'service.updated',
  'service.deleted',
  'status.changed',
];
const longest = 30_000; // ms between two tries

export class Stream {
  #url;
  #tell;
  #Source;
  #source = null;
  #timer = 0;
  #failures = 0;
  #id;
  #up = false; // from hello on: a server that has nothing to say yet only has heartbeats

  // id is the last event that was seen, or ""; Source stands in for EventSource in tests.
  constructor({ url, id, tell, Source = globalThis.EventSource }) {
    this.#url = url;
    this.#id = id;
    this.#tell = tell;
    this.#Source = Source;
    this.#open();
  }

  // state is { id, up }, as with an event.
  get state() {
    return { id: this.#id, up: this.#up };
  }

  // again connects anew, for what may be dead although nothing says so.
  again() {
    this.#open();
    this.#lost();
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
    this.#up = false;
  }

  #open() {
    this.close();
    const query = this.#id ? `?${new URLSearchParams({ last_event_id: this.#id })}` : '';
    const source = new this.#Source(this.#url + query);
    this.#source = source;
    for (const type of types) source.addEventListener(type, (event) => this.#take(event));
    source.addEventListener('error', () => this.#broken(source));
  }

  #take({ type, data, lastEventId }) {
    if (type === 'hello') {
      this.#failures = 0;
      this.#up = true;
    }
    if (lastEventId) this.#id = lastEventId; // a heartbeat has none of its own
    this.#tell({ type, data, ...this.state });
  }

  // A browser resumes a stream that broke off by itself, but gives up for good
  // after an HTTP error, which is what a proxy answers during an upgrade.
  #broken(source) {
    if (source.readyState === this.#Source.CLOSED) {
      this.close();
      const wait = Math.min(longest, 1000 * 2 ** this.#failures++) * (0.5 + Math.random() / 2);
      this.#timer = setTimeout(() => this.#open(), wait);
    }
    this.#lost();
  }

  #lost() {
    this.#up = false;
    this.#tell({ type: 'lost', ...this.state });
  }
}
