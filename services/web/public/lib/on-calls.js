// Who is on call in all teams, read at once when something needs it, and again when it changes: at a handover,
// with the teams, and every few minutes, since a calendar changes without an event. It dispatches "change".
const every = 180_000; // ms between two reads while nothing happens
const spread = 2_000; // ms within which the browsers ask after a handover
const pause = 2_000; // ms between two reads, however much happens
const retry = 60_000; // ms after a failure

export class OnCalls extends EventTarget {
  known = false;
  #api;
  #clock;
  #at = ''; // the moment that is shown, "" for the present
  #byName = new Map();
  #bySlug = new Map();
  #wanted = false;
  #reading = false;
  #readAt = 0; // by the browser's clock, as all but the next change
  #due = 0;
  #changes = Number.POSITIVE_INFINITY; // by the server's clock
  #late = Math.random() * spread;

  // clock has now(), the server's time; live is a Live, sync a Sync.
  constructor({ api, clock, live, sync }) {
    super();
    this.#api = api;
    this.#clock = clock;
    live.addEventListener('live', ({ detail }) => detail.fresh && this.again());
    live.addEventListener('message', ({ detail }) => detail.type.startsWith('team.') && this.again());
    sync.addEventListener('state', ({ detail }) => detail.mode === 'polling' && this.again());
  }

  // show sets the moment that is shown, as in the API; "" for the present.
  show(at) {
    if (at === this.#at) return;
    this.#at = at;
    this.#due = 0;
    this.#readAt = 0;
    this.#take([]);
    this.known = false;
    this.dispatchEvent(new Event('change'));
    if (this.#wanted) this.want();
  }

  // want reads what is not known, or may have changed; now is the browser's time in ms. It may be called again
  // and again.
  want(now = Date.now()) {
    this.#wanted = true;
    const changed = this.#at === '' && this.#clock.now() >= this.#changes + this.#late;
    if (!this.#reading && now >= this.#readAt + pause && (changed || now >= this.#due)) void this.#read(now);
  }

  // again must be called when it may have changed.
  again() {
    this.#due = 0;
  }

  // of returns the answer about a team by its slug, and named by the name by which services know it.
  of(slug) {
    return this.#bySlug.get(slug);
  }

  named(word) {
    return this.#byName.get(word);
  }

  async #read(now) {
    const at = this.#at;
    this.#reading = true;
    this.#readAt = now;
    this.#due = at ? Number.POSITIVE_INFINITY : now + every;
    try {
      const items = await this.#api.onCalls(at);
      if (at === this.#at) {
        this.#take(items);
        this.known = true;
        this.dispatchEvent(new Event('change'));
      }
    } catch {
      // It is shown nowhere that nobody knows: what was known stays. The pages say what is wrong.
      if (at === this.#at) this.#due = now + retry;
    }
    this.#reading = false;
    if (at !== this.#at) this.want();
  }

  #take(items) {
    this.#bySlug = new Map(items.map((answer) => [answer.team.slug, answer]));
    this.#byName = new Map(items.map((answer) => [answer.team.name, answer]));
    const changes = items.map(({ changes_at: moment }) => Date.parse(moment ?? '')).filter(Boolean);
    this.#changes = Math.min(Number.POSITIVE_INFINITY, ...changes);
  }
}
