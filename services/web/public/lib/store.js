// The services that this page knows, by id. Services come from the list, from events and
// from answers to writes, in any order: the store never replaces newer data by older. A
// service is never modified in place, so that `!==` detects changes.

import { entries, same as sameNeed } from './dependencies.js';
import { labels } from './fields.js';
import { fold } from './text.js';

const measured = ['status', 'status_since', 'status_reason', 'http_status', 'latency_ms', 'last_checked_at'];

// emptyFields are the values of the fields that an event leaves out because they are empty.
const emptyFields = {
  ...Object.fromEntries([...Object.keys(labels), ...measured].map((field) => [field, null])),
  status: 'unknown',
  interval: '1m',
};

// fields are those that a service has here. Others, such as those of a later version, are left out: a
// service would never be the same as before.
const fields = ['id', 'version', 'created_at', 'updated_at', ...Object.keys(emptyFields)];

// Store dispatches "change" at most once a task, however many services changed, and
// "status" with detail { service, from } whenever the status of a known service changed.
export class Store extends EventTarget {
  #byID = new Map();
  #deleted = new Map(); // id → version of its deletion, Infinity while only this page's own is known
  #changedDuringRead = null; // ids that changed while a list was being read
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

  // named returns the service with a name, whatever its case, or undefined.
  named(name) {
    const key = fold(name);
    return this.values().find((service) => fold(service.name) === key);
  }

  // put stores one service, as in REST or in an event.
  put(service) {
    if (!service?.id || service.version <= this.#deleted.get(service.id)) return; // it is stale
    this.#deleted.delete(service.id); // it was restored
    const known = this.#byID.get(service.id);
    const next = merge(known, service);
    this.#changedDuringRead?.add(service.id);
    if (next === known) return;
    this.#byID.set(service.id, next);
    this.#announce();
    if (known && known.status !== next.status) {
      this.dispatchEvent(new CustomEvent('status', { detail: { service: next, from: known.status } }));
    }
  }

  // restore stores a service whose deletion this page took back.
  restore(service) {
    this.#deleted.delete(service.id);
    this.put(service);
  }

  // remove removes a service. version is that of its deletion, as the event has it.
  remove(id, version = Infinity) {
    if (version < Infinity || !this.#deleted.has(id)) this.#deleted.set(id, version);
    this.#changedDuringRead?.add(id);
    if (this.#byID.delete(id)) this.#announce();
  }

  // changeStatus applies the data of a status.changed event.
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

  // expectList must be called before the list is requested, and replaceAll with its items:
  // services that changed in between are newer than the list.
  expectList() {
    this.#changedDuringRead = new Set();
  }

  replaceAll(items) {
    const listed = new Set(items.map((service) => service.id));
    for (const id of this.#byID.keys()) {
      if (!listed.has(id) && !this.#changedDuringRead?.has(id)) {
        this.#byID.delete(id);
        this.#announce();
      }
    }
    for (const service of items) {
      if (!this.#changedDuringRead?.has(service.id)) this.#deleted.delete(service.id); // restored, as it is listed
      this.put(service);
    }
    this.#changedDuringRead = null;
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

function pick(service) {
  return Object.fromEntries(fields.filter((field) => field in service).map((field) => [field, service[field]]));
}

// merge returns the newer of both: the configuration by version, the measured fields by
// the time of the probe. It returns known itself if nothing is new.
export function merge(known, service) {
  const lists = { tags: service.tags ?? [], depends_on: entries(service.depends_on) };
  const news = { ...emptyFields, ...pick(service), ...lists };
  if (!known) return news;
  const older = news.version < known.version;
  const next = older ? { ...known } : { ...news };
  if (news.status_url === known.status_url) {
    const from = compareMeasured(news, known) < 0 ? known : news;
    for (const field of measured)
      next[field] = older && compareMeasured(news, known) === 0 ? known[field] : from[field];
  }
  return same(known, next) ? known : next;
}

// compareMeasured is negative if the measured fields of a are older than those of b, and
// positive if they are newer.
function compareMeasured(a, b) {
  const time = (service, field) => Date.parse(service[field] ?? '') || 0;
  return time(a, 'last_checked_at') - time(b, 'last_checked_at') || time(a, 'status_since') - time(b, 'status_since');
}

function same(a, b) {
  return Object.keys(b).every((key) => {
    if (key === 'tags') return a.tags.join('\n') === b.tags.join('\n');
    return key === 'depends_on' ? sameNeeds(a.depends_on, b.depends_on) : a[key] === b[key];
  });
}

// sameNeeds compares the names too: that of a service that is gone comes from here.
function sameNeeds(a, b) {
  return a.length === b.length && a.every((entry, i) => entry.name === b[i].name && sameNeed(entry, b[i]));
}
