// Announcer tells screen readers which statuses changed: one sentence for changes at about
// the same time, and at least minInterval between two sentences.
import { changes } from './format.js';

const batchWindow = 1_000; // ms: changes within it are one sentence
const minInterval = 5_000; // ms between two sentences

export class Announcer {
  #store;
  #say;
  #known = new Map(); // id → the last status that listeners know
  #timer = 0;
  #next = 0; // earliest time of the next sentence

  // say is called with each sentence.
  constructor(store, say) {
    this.#store = store;
    this.#say = say;
    store.addEventListener('status', ({ detail }) => this.#changed(detail));
  }

  // skip drops the pending change of a service, which the person was told of otherwise.
  skip(id) {
    this.#known.delete(id);
  }

  #changed({ service, from }) {
    if (!this.#known.has(service.id)) this.#known.set(service.id, from);
    if (this.#timer) return;
    this.#timer = setTimeout(() => this.#announce(), Math.max(batchWindow, this.#next - Date.now()));
  }

  // A service that is back in its old status is not announced.
  #announce() {
    this.#timer = 0;
    const changed = [...this.#known]
      .map(([id, status]) => [this.#store.get(id), status])
      .filter(([service, status]) => service && service.status !== status)
      .map(([service]) => service);
    this.#known.clear();
    if (changed.length === 0) return;
    this.#next = Date.now() + minInterval;
    this.#say(changes(changed));
  }
}
