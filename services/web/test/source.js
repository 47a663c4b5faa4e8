// Source replaces the browser's EventSource; a test sends its events.
export class Source extends EventTarget {
  static CLOSED = 2;
  static opened = [];
  readyState = 1;
  #id = '';

  constructor(url) {
    super();
    this.url = url;
    Source.opened.push(this);
  }

  static get last() {
    return Source.opened.at(-1);
  }

  // standing returns the sources that are not closed.
  static get standing() {
    return Source.opened.filter(({ readyState }) => readyState !== Source.CLOSED);
  }

  close() {
    this.readyState = Source.CLOSED;
  }

  // say dispatches an event. As in a browser, an event without an id has the previous id.
  say(type, { id = this.#id, data = '{}' } = {}) {
    this.#id = id;
    if (this.readyState !== Source.CLOSED) {
      this.dispatchEvent(Object.assign(new Event(type), { data, lastEventId: id }));
    }
  }

  fail(readyState) {
    this.readyState = readyState;
    this.dispatchEvent(new Event('error'));
  }
}
