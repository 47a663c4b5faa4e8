// Announcer tells screen readers which statuses changed: one sentence for changes at about
// the same time, and at least minInterval between two sentences.
import { changes } from './format.js';

const batchWindow = 1_000; // ms: changes within it are one sentence
const minInterval = 5_000; // ms between two sentences

export class Announcer {
  #store;
  #say;
  #known = new Map(); // id → the last status that listeners know
  #more = new Set(); // what is to be said after the changes
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

  // add has a sentence said with the next changes.
  add(text) {
    this.#more.add(text);
    this.#schedule();
  }

  #changed({ service, from }) {
    if (!this.#known.has(service.id)) this.#known.set(service.id, from);
    this.#schedule();
  }

  #schedule() {
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
    const words = [...(changed.length > 0 ? [changes(changed)] : []), ...this.#more];
    this.#known.clear();
    this.#more.clear();
    if (words.length === 0) return;
    this.#next = Date.now() + minInterval;
    this.#say(words.join(' '));
  }
}
