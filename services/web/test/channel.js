// Stands in for the browser's, whose messages come when nobody can foresee: here
// they are there at once.
export class Channel extends EventTarget {
  static #all = new Set();

  constructor() {
    super();
    Channel.#all.add(this);
  }

  static clear() {
    Channel.#all.clear();
  }

  postMessage(message) {
    for (const other of [...Channel.#all]) {
      if (other !== this) other.dispatchEvent(Object.assign(new Event('message'), { data: structuredClone(message) }));
    }
  }

  close() {
    Channel.#all.delete(this);
  }
}
