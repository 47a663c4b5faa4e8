// What fell, and whom it hits through what they need: read at once when something needs it, and again when it may
// have changed. While no service has fallen, nothing is asked. It dispatches "change", and "cause" with detail the
// cause when a new one hits others.
const every = 180_000; // ms between two reads while nothing happens: who is on call changes without an event
const pause = 2_000; // ms between two reads, however much happens
const retry = 15_000; // ms after a failure

const fallen = ['degraded', 'down'];

export class Impacts extends EventTarget {
  #api;
  #store; // the services of the moment that is shown
  #at = ''; // the moment, "" for the present
  #causes = new Map();
  #hit = new Map(); // id → impact
  #etag = null;
  #known = false; // whether it is known which causes there were, so that others are new
  #reading = false;
  #readAt = 0; // by the browser's clock
  #due = 0;

  // store has the services of the present, live is a Live, sync a Sync.
  constructor({ api, store, live, sync }) {
    super();
    this.#api = api;
    this.#store = store;
    store.addEventListener('status', ({ detail: { service, from } }) => {
      if (fallen.includes(service.status) || fallen.includes(from)) this.again();
    });
    live.addEventListener('live', ({ detail }) => detail.fresh && this.again());
    live.addEventListener('message', ({ detail: { type } }) => /^(service|impact|team)\./.test(type) && this.again());
    sync.addEventListener('state', ({ detail }) => detail.mode === 'polling' && this.again());
  }

  // show sets the moment that is shown, as in the API, and its services; "" for the present.
  show(at, store) {
    this.#store = store;
    if (at === this.#at) return;
    this.#at = at;
    this.#take({ causes: [], services: [] });
    this.#etag = null;
    this.#known = false;
    this.#due = 0;
    this.#readAt = 0;
    this.dispatchEvent(new Event('change'));
  }

  // want reads what is not known, or may have changed; now is the browser's time in ms. It is called again and
  // again, once the services are known.
  want(now = Date.now()) {
    if (this.#reading || now < this.#due || now < this.#readAt + pause) return;
    if (this.#causes.size > 0 || this.#store.values().some(hasFallen)) void this.#read(now);
    else this.#known = true;
  }

  // again must be called when it may have changed.
  again() {
    if (this.#at === '') this.#due = 0;
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

  async #read(now) {
    const at = this.#at;
    this.#reading = true;
    this.#readAt = now;
    this.#due = at ? Number.POSITIVE_INFINITY : now + every;
    try {
      const { found, etag } = await this.#api.impacts(at, this.#etag);
      if (at === this.#at) {
        this.#etag = etag;
        if (found) this.#change(found);
        this.#known = true;
      }
    } catch {
      // What was known stays, as far as it still holds. The pages say what is wrong.
      if (at === this.#at) this.#due = now + retry;
    }
    this.#reading = false;
    if (at !== this.#at) this.want();
  }

  #change(found) {
    const before = this.#causes;
    this.#take(found);
    this.dispatchEvent(new Event('change'));
    if (!this.#known) return;
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
