// Channel replaces the browser's BroadcastChannel, whose messages arrive at unpredictable
// times. Here they arrive at once.
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
