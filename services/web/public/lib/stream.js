// Stream keeps one connection to /api/events, and reconnects after any failure. It calls
// tell with { type, data, id, up } for each event, and with type "lost" when it is
// disconnected. id is the last event received; up says whether the stream is connected.
const types = [
  'hello',
  'heartbeat',
  'reset',
  'service.created',
  'service.updated',
  'service.deleted',
  'status.changed',
  'service.deployed',
  'release.published',
  'team.created',
  'team.updated',
  'team.deleted',
];
const maxRetryDelay = 30_000; // ms between two attempts

export class Stream {
  #url;
  #tell;
  #Source;
  #source = null;
  #timer = 0;
  #failures = 0;
  #id;
  #up = false; // from hello on: before it is ready, a server sends only heartbeats

  // id is the last event received, or ""; Source replaces EventSource in tests.
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

  // reconnect opens a new connection, because the current one may be dead without an error.
  reconnect() {
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
    for (const type of types) source.addEventListener(type, (event) => this.#handle(event));
    source.addEventListener('error', () => this.#failed(source));
  }

  #handle({ type, data, lastEventId }) {
    if (type === 'hello') {
      this.#failures = 0;
      this.#up = true;
    }
    if (lastEventId) this.#id = lastEventId; // a heartbeat has no id
    this.#tell({ type, data, ...this.state });
  }

  // A browser reconnects a broken stream by itself, but gives up after an HTTP error,
  // such as a proxy's answer during an upgrade.
  #failed(source) {
    if (source.readyState === this.#Source.CLOSED) {
      this.close();
      const wait = Math.min(maxRetryDelay, 1000 * 2 ** this.#failures++) * (0.5 + Math.random() / 2);
      this.#timer = setTimeout(() => this.#open(), wait);
    }
    this.#lost();
  }

  #lost() {
    this.#up = false;
    this.#tell({ type: 'lost', ...this.state });
  }
}
