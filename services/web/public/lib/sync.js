// Sync keeps the store as the server has it: the list once, then events; while
// there are none, the list again every 30 s. It dispatches "state" with detail
// { mode, at }: mode is "loading", "live", "polling", or "offline"; at is the
// Date that the data is from, null before the first. A page that nobody sees asks
// for nothing.

import { serverClock } from './clock.js';

const period = 30_000;
const glance = 15_000; // how often what probes measured is read for what is in view
const most = 100; // ids in one request

// deps are { api, store, live, inView }; inView() gives the ids on the screen.
export class Sync extends EventTarget {
  #deps;
  #etag = null;
  #reading = null;
  #again = false;
  #failed = false;
  #at = null;
  #due = false;
  #visible = true;
  #timers = [];

  constructor(deps) {
    super();
    this.#deps = deps;
    const { store, live } = deps;
    store.addEventListener('change', () => {
      if (!this.#reading) this.#etag = null; // 304 says "as when you read", and that is no more
    });
    live.addEventListener('live', ({ detail }) => {
      this.#tell();
      if (detail.fresh || this.#failed) this.#refreshIfSeen();
    });
    live.addEventListener('lost', () => this.#refreshIfSeen());
    live.addEventListener('message', ({ detail }) => this.#take(detail));
  }

  start() {
    this.stop();
    this.#deps.live.start(); // first, so that no event falls between it and the list
    this.refresh();
    this.#timers.push(
      setInterval(() => this.#refreshIfStale(), period),
      setInterval(() => this.#glance(), glance),
    );
  }

  stop() {
    this.#deps.live.stop();
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  // show says whether anybody can see the page.
  show(visible) {
    this.#visible = visible;
    this.#deps.live.show(visible);
    this.#refreshIfStale();
    this.#glance();
  }

  // wake is for when the network came back: what looks like a standing stream may
  // be dead.
  wake() {
    this.#deps.live.wake();
    this.refresh();
  }

  // refresh reads the list. Asked for while one is on its way, it reads once more after it.
  async refresh() {
    if (this.#reading) {
      this.#again = true;
      return this.#reading;
    }
    this.#reading = this.#read();
    await this.#reading;
    this.#reading = null;
    this.#tell();
    if (!this.#again) return;
    this.#again = false;
    await this.refresh();
  }

  #refreshIfStale() {
    if (!this.#deps.live.up || this.#failed || this.#due) this.#refreshIfSeen();
  }

  // Nobody sees the page: what it would read now is due when it is shown.
  #refreshIfSeen() {
    if (this.#visible) {
      this.refresh();
      return;
    }
    this.#due = true;
    this.#tell();
  }

  async #read() {
    const { api, store } = this.#deps;
    this.#due = false;
    store.expectList();
    try {
      const { items, etag } = await api.list(this.#etag);
      if (items) {
        store.replaceAll(items);
        this.#etag = etag;
        await null; // the store announces in a microtask, which must not look like news
      }
      this.#failed = false;
      this.#at = new Date(serverClock.now());
    } catch {
      this.#failed = true;
    }
  }

  #take({ type, data }) {
    const { store } = this.#deps;
    if (type === 'service.deleted') store.remove(data.id);
    else if (type === 'status.changed') store.changeStatus(data);
    else store.put(data);
    this.#at = new Date(serverClock.now());
  }

  // Probes that change no status make no event: the time and latency of the
  // cards in view are read on their own, never the whole list for every viewer.
  async #glance() {
    const { api, store, live, inView } = this.#deps;
    const ids = inView().slice(0, most);
    if (!live.up || ids.length === 0 || !this.#visible) return;
    try {
      const items = await api.some(ids);
      for (const service of items) store.put(service);
      this.#at = new Date(serverClock.now());
    } catch {
      this.wake();
    }
  }

  #tell() {
    const live = this.#deps.live.up && this.#at !== null;
    let mode = live ? 'live' : 'polling';
    if (this.#failed) mode = 'offline';
    else if (this.#at === null) mode = 'loading';
    this.dispatchEvent(new CustomEvent('state', { detail: { mode, at: this.#at } }));
  }
}
