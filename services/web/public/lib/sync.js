// Sync keeps the store in step with the server: it reads the list once, then follows
// events; without a stream, it reads the list every 30 s. It dispatches "state" with
// detail { mode, at, why }: mode is "loading", "live", "polling", or "offline"; at is the
// Date of the data, null before the first; why is what the portal said of a failure, or "". And
// "happened", with detail the id of a service, when its timeline has more. A hidden page sends
// no requests.

import { serverClock } from './clock.js';

const pollInterval = 30_000; // ms between two lists without a stream
const visibleInterval = 15_000; // ms between two reads of the services in view
const maxIDs = 100; // in one request

// deps are { api, store, live, inView }; inView() returns the ids on the screen.
export class Sync extends EventTarget {
  #deps;
  #etag = null;
  #reading = null;
  #queued = false;
  #failed = false;
  #why = ''; // the portal's own words about the last failure, if it answered
  #at = null;
  #readWhenShown = false;
  #visible = true;
  #timers = [];

  constructor(deps) {
    super();
    this.#deps = deps;
    const { store, live } = deps;
    store.addEventListener('change', () => {
      if (!this.#reading) this.#etag = null; // the store differs from the list of this ETag, so 304 would be wrong
    });
    live.addEventListener('live', ({ detail }) => {
      this.#dispatchState();
      if (detail.fresh || this.#failed) this.#refreshIfVisible();
    });
    live.addEventListener('lost', () => this.#refreshIfVisible());
    live.addEventListener('message', ({ detail }) => this.#apply(detail));
  }

  // at is the Date of the data, null before the first. While the page is live, it is later than
  // that of the last "state".
  get at() {
    return this.#at;
  }

  start() {
    this.stop();
    this.#deps.live.start(); // first, so that no event is missed between the stream and the list
    this.refresh();
    this.#timers.push(
      setInterval(() => this.#refreshIfStale(), pollInterval),
      setInterval(() => this.#refreshVisible(), visibleInterval),
    );
  }

  stop() {
    this.#deps.live.stop();
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  // show sets whether the page is visible.
  show(visible) {
    this.#visible = visible;
    this.#deps.live.show(visible);
    this.#refreshIfStale();
    this.#refreshVisible();
  }

  // wake reconnects after the network came back, when the open stream may be dead.
  wake() {
    this.#deps.live.wake();
    this.refresh();
  }

  // refresh reads the list. During a read, it reads once more after it.
  async refresh() {
    if (this.#reading) {
      this.#queued = true;
      return this.#reading;
    }
    this.#reading = this.#read();
    await this.#reading;
    this.#reading = null;
    this.#dispatchState();
    if (!this.#queued) return;
    this.#queued = false;
    await this.refresh();
  }

  #refreshIfStale() {
    if (!this.#deps.live.up || this.#failed || this.#readWhenShown) this.#refreshIfVisible();
  }

  // A hidden page reads the list when it is shown again.
  #refreshIfVisible() {
    if (this.#visible) {
      this.refresh();
      return;
    }
    this.#readWhenShown = true;
    this.#dispatchState();
  }

  async #read() {
    const { api, store } = this.#deps;
    this.#readWhenShown = false;
    store.expectList();
    try {
      const { items, etag } = await api.list(this.#etag);
      if (items) {
        store.replaceAll(items);
        this.#etag = etag;
        await null; // wait for the store's "change", which must not clear the ETag
      }
      this.#failed = false;
      this.#why = '';
      this.#at = new Date(serverClock.now());
    } catch (problem) {
      this.#failed = true;
      this.#why = problem.status ? problem.message : '';
    }
  }

  #apply({ type, data }) {
    const { store } = this.#deps;
    if (type === 'service.deleted') store.remove(data.id, data.version);
    else if (type === 'status.changed') store.changeStatus(data);
    else if (type === 'service.deployed' || type === 'release.published')
      this.dispatchEvent(new CustomEvent('happened', { detail: data.service_id }));
    else if (type.startsWith('service.')) store.put(data);
    this.#at = new Date(serverClock.now());
  }

  // refreshVisible reads the services in view. Probes that change no status publish no
  // event, so times and latencies must be read; the whole list would be too much for
  // every viewer.
  async #refreshVisible() {
    const { api, store, live, inView } = this.#deps;
    const ids = inView().slice(0, maxIDs);
    if (!live.up || ids.length === 0 || !this.#visible) return;
    try {
      const items = await api.some(ids);
      for (const service of items) store.put(service);
      this.#at = new Date(serverClock.now());
    } catch {
      this.wake();
    }
  }

  #dispatchState() {
    const live = this.#deps.live.up && this.#at !== null;
    let mode = live ? 'live' : 'polling';
    if (this.#failed) mode = 'offline';
    else if (this.#at === null) mode = 'loading';
    this.dispatchEvent(new CustomEvent('state', { detail: { mode, at: this.#at, why: this.#why } }));
  }
}
