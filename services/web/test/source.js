// Source stands in for the browser's EventSource; a test says what comes through it.
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

  // standing are those that nobody has closed.
  static get standing() {
    return Source.opened.filter(({ readyState }) => readyState !== Source.CLOSED);
  }

  close() {
    this.readyState = Source.CLOSED;
  }

  // say sends an event; as in a browser, one without an id has that of the one before.
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
