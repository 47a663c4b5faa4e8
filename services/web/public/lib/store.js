// The services this page knows, by id. Whatever way a service comes (the list,
// an event, an answer to a write), it goes through here, where older news never
// replaces newer: the ways overtake one another. A service is never altered in
// place, so that `!==` tells what changed.

import { labels } from './fields.js';

const measured = ['status', 'status_since', 'status_reason', 'http_status', 'latency_ms', 'last_checked_at'];

// What a service has of which an event does not say a field: it leaves out what is empty.
const absent = {
  ...Object.fromEntries([...Object.keys(labels), ...measured].map((field) => [field, null])),
  status: 'unknown',
  interval: '1m',
};

// Store announces "change" at most once a task, however much came in it, and
// "status" with detail { service, from } whenever that of a known service changed.
export class Store extends EventTarget {
  #byID = new Map();
  #gone = new Set(); // ids are never used again, so late news of these is old
  #touched = null; // ids that changed while a list was on its way
  #announced = false;

  get size() {
    return this.#byID.size;
  }

  get(id) {
    return this.#byID.get(id);
  }

  values() {
    return [...this.#byID.values()];
  }

  // put takes one service, in the form of REST or of an event.
  put(service) {
    if (!service?.id || this.#gone.has(service.id)) return;
    const known = this.#byID.get(service.id);
    const next = merge(known, service);
    this.#touched?.add(service.id);
    if (next === known) return;
    this.#byID.set(service.id, next);
    this.#announce();
    if (known && known.status !== next.status) {
      this.dispatchEvent(new CustomEvent('status', { detail: { service: next, from: known.status } }));
    }
  }

  remove(id) {
    this.#gone.add(id);
    this.#touched?.add(id);
    if (this.#byID.delete(id)) this.#announce();
  }

  // changeStatus takes the data of a status.changed event.
  changeStatus(event) {
    const known = this.#byID.get(event.service_id);
    if (!known) return;
    this.put({
      ...known,
      status: event.to,
      status_since: event.since,
      status_reason: event.reason ?? null,
      http_status: event.http_status ?? null,
      latency_ms: event.latency_ms ?? null,
      last_checked_at: event.checked_at ?? known.last_checked_at,
    });
  }

  // expectList is called when the whole list is asked for, replaceAll when it is
  // there: what changed in between is newer than the list.
  expectList() {
    this.#touched = new Set();
  }

  replaceAll(items) {
    const listed = new Set(items.map((service) => service.id));
    for (const id of this.#byID.keys()) {
      if (!listed.has(id) && !this.#touched?.has(id)) {
        this.#byID.delete(id);
        this.#announce();
      }
    }
    for (const service of items) this.put(service);
    this.#touched = null;
  }

  #announce() {
    if (this.#announced) return;
    this.#announced = true;
    queueMicrotask(() => {
      this.#announced = false;
      this.dispatchEvent(new Event('change'));
    });
  }
}

// merge is the newer of both: of the configuration by version, of what probes
// measured by the time of the probe. It returns known itself when nothing is new.
export function merge(known, service) {
  const news = { ...absent, ...service, tags: service.tags ?? [] };
  if (!known) return news;
  const older = news.version < known.version;
  const next = older ? { ...known } : { ...news };
  if (news.status_url === known.status_url) {
    const from = age(news, known) < 0 ? known : news;
    for (const field of measured) next[field] = older && age(news, known) === 0 ? known[field] : from[field];
  }
  return same(known, next) ? known : next;
}

// age is below 0 if what a measured is older than what b did, and above if newer.
function age(a, b) {
  const time = (service, field) => Date.parse(service[field] ?? '') || 0;
  return time(a, 'last_checked_at') - time(b, 'last_checked_at') || time(a, 'status_since') - time(b, 'status_since');
}

function same(a, b) {
  return Object.keys(b).every((key) => (key === 'tags' ? a.tags.join('\n') === b.tags.join('\n') : a[key] === b[key]));
}
