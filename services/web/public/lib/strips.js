// Strips has the last 24 hours of the services in view. It reads those of many services with
// one request, and each only once a segment: what happens meanwhile, events say. It
// dispatches "read" when there are new ones.
import { withStatus } from './strip.js';

const most = 100; // services in one request
const pause = 15_000; // ms after a failure
const spread = 60_000; // ms: not all browsers ask at once when a segment begins

export class Strips extends EventTarget {
  #api;
  #known = new Map(); // id → { strip, until }
  #reading = false;
  #notBefore = 0;

  constructor(api) {
    super();
    this.#api = api;
  }

  // get returns the strip of a service, or "". The segment of now has its status.
  get(service) {
    const known = this.#known.get(service.id);
    if (!known) return '';
    const measured = service.status_url && service.last_checked_at;
    if (measured) known.strip = withStatus(known.strip, service.status);
    return known.strip;
  }

  // want reads the strips of services that are not known, or of which a segment is over.
  async want(ids, now) {
    if (this.#reading || now < this.#notBefore) return;
    const due = ids.filter((id) => !(now < this.#known.get(id)?.until)).slice(0, most);
    if (due.length === 0) return;
    this.#reading = true;
    try {
      const { items, to } = await this.#api.strips(due);
      const until = Date.parse(to) + Math.random() * spread;
      for (const { id, strip } of items) this.#known.set(id, { strip, until });
      this.dispatchEvent(new Event('read'));
    } catch {
      this.#notBefore = now + pause; // the rest of the page says that the portal does not answer
    } finally {
      this.#reading = false;
    }
  }
}
