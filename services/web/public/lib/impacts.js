// What fell, and whom it hits through what they need: as lib/reading.js. While no service has fallen, nothing is
// asked. It dispatches "cause" too, with detail the cause, when a new one hits others.
import { Reading } from './reading.js';

const retry = 15_000; // ms after a failure

const fallen = ['degraded', 'down'];

export class Impacts extends Reading {
  #api;
  #store; // the services of the moment that is shown
  #causes = new Map();
  #hit = new Map(); // id → impact
  #etag = null;
  #known = false; // whether it is known which causes there were, so that others are new

  // store has the services of the present, live is a Live, sync a Sync.
  constructor({ api, store, live, sync }) {
    super({ events: /^(service|impact|team)\./, retry, live, sync });
    this.#api = api;
    this.#store = store;
    store.addEventListener('status', ({ detail: { service, from } }) => {
      if (fallen.includes(service.status) || fallen.includes(from)) this.again();
    });
  }

  // show sets the moment that is shown, as in the API, and its services; "" for the present.
  show(at, store) {
    this.#store = store;
    return super.show(at);
  }

  // want is called again and again, once the services are known.
  want(now = Date.now()) {
    if (this.#asks) super.want(now);
    else this.#known = true;
  }

  get #asks() {
    return this.#causes.size > 0 || this.#store.values().some(hasFallen);
  }

  // known says whether it is known by now what fell.
  get known() {
    return this.#known || !this.#asks;
  }

  // causes returns all root causes that still hold, those that hit most first: as in the API, with `service`, which
  // is as it is now.
  causes() {
    return [...this.#causes.keys()].map((id) => this.cause(id)).filter(Boolean);
  }

  // cause returns one of them, or undefined.
  cause(id) {
    const [cause, service] = [this.#causes.get(id), this.#store.get(id)];
    return cause && service && hasFallen(service) ? { ...cause, service } : undefined;
  }

  // of returns what hits a service: { causes, more }, the nearest causes first, each with `service`, the cause as it
  // is now, `hops` and `via`; or undefined.
  of(id) {
    const { causes = [], more } = this.#hit.get(id) ?? {};
    const left = causes.flatMap(({ id: of, hops, via }) => {
      const service = this.cause(of)?.service;
      return service ? [{ service, hops, via }] : [];
    });
    return left.length > 0 ? { causes: left, more } : undefined;
  }

  async read(at) {
    const { found, etag } = await this.#api.impacts(at, this.#etag);
    return () => {
      this.#etag = etag;
      const isFirst = !this.#known;
      this.#known = true;
      if (found) this.#change(found, isFirst);
    };
  }

  forget() {
    this.#take({ causes: [], services: [] });
    this.#etag = null;
    this.#known = false;
  }

  #change(found, isFirst) {
    const before = this.#causes;
    this.#take(found);
    this.dispatchEvent(new Event('change'));
    if (isFirst) return;
    for (const cause of this.causes()) {
      if (cause.hits > 0 && !before.get(cause.id)?.hits)
        this.dispatchEvent(new CustomEvent('cause', { detail: cause }));
    }
  }

  #take({ causes, services }) {
    this.#causes = new Map(causes.map((cause) => [cause.id, cause]));
    this.#hit = new Map(services.map(({ id, impact }) => [id, impact]));
  }
}

function hasFallen({ status }) {
  return fallen.includes(status);
}
