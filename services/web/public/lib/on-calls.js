// Who is on call in all teams: as lib/reading.js, and read again at a handover.
import { Reading } from './reading.js';

const spread = 2_000; // ms within which the browsers ask after a handover
const retry = 60_000; // ms after a failure

export class OnCalls extends Reading {
  known = false;
  #api;
  #clock;
  #byName = new Map();
  #bySlug = new Map();
  #wanted = false;
  #changes = Number.POSITIVE_INFINITY; // by the server's clock
  #late = Math.random() * spread;

  // clock has now(), the server's time; live is a Live, sync a Sync.
  constructor({ api, clock, live, sync }) {
    super({ events: /^team\./, retry, live, sync });
    this.#api = api;
    this.#clock = clock;
  }

  show(at) {
    const other = super.show(at);
    if (other && this.#wanted) this.want();
    return other;
  }

  want(now = Date.now()) {
    this.#wanted = true;
    super.want(now);
  }

  isOver() {
    return this.at === '' && this.#clock.now() >= this.#changes + this.#late;
  }

  async read(at) {
    const items = await this.#api.onCalls(at);
    return () => {
      this.#take(items);
      this.known = true;
      this.dispatchEvent(new Event('change'));
    };
  }

  forget() {
    this.#take([]);
    this.known = false;
  }

  // of returns the answer about a team by its slug, and named by the name by which services know it.
  of(slug) {
    return this.#bySlug.get(slug);
  }

  named(word) {
    return this.#byName.get(word);
  }

  #take(items) {
    this.#bySlug = new Map(items.map((answer) => [answer.team.slug, answer]));
    this.#byName = new Map(items.map((answer) => [answer.team.name, answer]));
    const changes = items.map(({ changes_at: moment }) => Date.parse(moment ?? '')).filter(Boolean);
    this.#changes = Math.min(Number.POSITIVE_INFINITY, ...changes);
  }
}
