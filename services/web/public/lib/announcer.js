// Announcer tells those who cannot see the cards which statuses changed: a sentence
// for what happened at about the same time, and never one close upon another.
import { changes } from './format.js';

const together = 1_000; // ms: what changes within them is one piece of news
const apart = 5_000; // ms between two

export class Announcer {
  #store;
  #say;
  #before = new Map(); // id → the status that was last known to those who listen
  #timer = 0;
  #next = 0; // when something may be said again

  // say takes a sentence.
  constructor(store, say) {
    this.#store = store;
    this.#say = say;
    store.addEventListener('status', ({ detail }) => this.#changed(detail));
  }

  // told drops the news of a service, which a person was told of already.
  told(id) {
    this.#before.delete(id);
  }

  #changed({ service, from }) {
    if (!this.#before.has(service.id)) this.#before.set(service.id, from);
    if (this.#timer) return;
    this.#timer = setTimeout(() => this.#announce(), Math.max(together, this.#next - Date.now()));
  }

  // What is as it was by now is no news.
  #announce() {
    this.#timer = 0;
    const changed = [...this.#before]
      .map(([id, status]) => [this.#store.get(id), status])
      .filter(([service, status]) => service && service.status !== status)
      .map(([service]) => service);
    this.#before.clear();
    if (changed.length === 0) return;
    this.#next = Date.now() + apart;
    this.#say(changes(changed));
  }
}
