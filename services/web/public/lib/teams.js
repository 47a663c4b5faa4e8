// The teams that this page knows, by slug: read once, when something needs them, and live from then
// on. A service names its team by a word; a word without a team here is one of a team that is
// not known yet. It dispatches "change" at most once a task.
import { Best } from './best.js';
import { compare } from './filter.js';
import { distance } from './match.js';
import { isWhole } from './on-call-plan.js';
import { fold } from './text.js';

const pause = 15_000; // ms after a failure
const empty = { description: null, chat_url: null, email: null, page_url: null, docs_url: null, on_call: null };

export class Teams extends EventTarget {
  known = false; // whether the teams were read
  why = ''; // what the portal said when they could not be read, or ""
  #api;
  #bySlug = new Map();
  #byName = null; // made when it is asked for
  #deleted = new Map(); // slug → the team as it was deleted
  #changedDuringRead = null; // slugs that changed while the teams were being read
  #wanted = false;
  #reading = null;
  #queued = false;
  #failedAt = 0;
  #announced = false;

  // live is a Live, sync a Sync.
  constructor({ api, live, sync }) {
    super();
    this.#api = api;
    live.addEventListener('live', ({ detail }) => detail.fresh && this.#again());
    live.addEventListener('message', ({ detail }) => this.#apply(detail));
    sync.addEventListener('state', ({ detail }) => detail.mode === 'polling' && this.#again());
  }

  // want reads the teams, unless they are known; now is the browser's time in ms. It may be called again and again.
  want(now = Date.now()) {
    this.#wanted = true;
    if (!this.known && !this.#reading && now - this.#failedAt >= pause) void this.refresh();
  }

  get size() {
    return this.#bySlug.size;
  }

  values() {
    return [...this.#bySlug.values()];
  }

  get(slug) {
    return this.#bySlug.get(slug);
  }

  // named returns the team that services name by a word, or undefined.
  named(word) {
    this.#byName ??= new Map(this.values().map((team) => [team.name, team]));
    return this.#byName.get(word);
  }

  // put stores a team as in REST or in an event.
  put(team) {
    if (!team?.slug || !isNewer(team, this.#deleted.get(team.slug))) return;
    this.#changedDuringRead?.add(team.slug);
    const known = this.#bySlug.get(team.slug);
    if (!isNewer(team, known) && !completes(team, known)) return;
    this.#deleted.delete(team.slug);
    this.#bySlug.set(team.slug, { ...empty, ...team });
    this.#announce();
  }

  // remove removes a team: as it was, or as the event of its deletion has it.
  remove(team) {
    const known = this.#bySlug.get(team.slug);
    const deleted = { ...team, created_at: team.created_at ?? team.deleted_at };
    this.#changedDuringRead?.add(team.slug);
    if (known && isNewer(known, deleted)) return; // another one has got the slug
    this.#deleted.set(team.slug, deleted);
    if (this.#bySlug.delete(team.slug)) this.#announce();
  }

  // refresh reads the teams. During a read, it reads once more after it.
  async refresh() {
    if (this.#reading) {
      this.#queued = true;
      return this.#reading;
    }
    this.#reading = this.#read();
    await this.#reading;
    this.#reading = null;
    if (!this.#queued) return;
    this.#queued = false;
    await this.refresh();
  }

  async #read() {
    this.#changedDuringRead = new Set();
    try {
      this.#replace(await this.#api.teams());
      this.known = true;
      this.why = '';
    } catch (problem) {
      this.why = problem.message;
      this.#failedAt = Date.now();
    }
    this.#changedDuringRead = null;
    this.#announce();
  }

  #replace(items) {
    const listed = new Set(items.map(({ slug }) => slug));
    for (const slug of this.#bySlug.keys()) {
      if (!listed.has(slug) && !this.#changedDuringRead.has(slug)) this.#bySlug.delete(slug);
    }
    for (const team of items) {
      if (!this.#changedDuringRead.has(team.slug)) this.put(team);
    }
  }

  #again() {
    if (this.#wanted) void this.refresh();
  }

  #apply({ type, data }) {
    if (!this.#wanted) return;
    if (type === 'team.deleted') this.remove(data);
    else if (type === 'team.created' || type === 'team.updated') this.put(data);
  }

  #announce() {
    this.#byName = null;
    if (this.#announced) return;
    this.#announced = true;
    queueMicrotask(() => {
      this.#announced = false;
      this.dispatchEvent(new Event('change'));
    });
  }
}

// isNewer reports whether a team is newer than another with its slug, which may be of a team that was
// deleted before this one was made. Nothing is older than all.
function isNewer(team, other) {
  if (!other) return true;
  const age = Date.parse(team.created_at) - Date.parse(other.created_at) || 0;
  return age > 0 || (age === 0 && team.version > other.version);
}

// completes reports whether a team has the on-call plan of which an event told only the kind.
function completes(team, known) {
  const same = team.version === known.version && team.created_at === known.created_at;
  return same && !isWhole(known.on_call) && isWhole(team.on_call ?? null);
}

// tally counts services by their team's word, "" where they have none: word → { total, down,
// degraded, unknown, healthy }.
export function tally(services) {
  const counts = new Map();
  for (const { team, status } of services) {
    const word = team ?? '';
    let count = counts.get(word);
    if (!count) {
      count = nothing();
      counts.set(word, count);
    }
    count.total++;
    count[status]++;
  }
  return counts;
}

// nothing is the count of a team without services.
export function nothing() {
  return { total: 0, down: 0, degraded: 0, unknown: 0, healthy: 0 };
}

// entries lists all teams by name, also those that only services name: { name, team, count }, where
// team is undefined for the latter.
export function entries(teams, counts) {
  const known = teams.map((team) => ({ name: team.name, team, count: counts.get(team.name) ?? nothing() }));
  const names = new Set(teams.map(({ name }) => name));
  const named = [...counts].filter(([word]) => word && !names.has(word));
  return [...known, ...named.map(([name, count]) => ({ name, team: undefined, count }))].sort((a, b) =>
    compare(a.name, b.name),
  );
}

// inTrouble reports whether a team has a service that needs a person.
export function inTrouble({ down, degraded }) {
  return down + degraded > 0;
}

// found returns the teams whose names have all words, which are folded, the nearest first: at most
// `most`. The word "team" means all of them, and one Latin letter none.
export function found(teams, words, most = 4) {
  const best = new Best(most, (a, b) => a.far - b.far || compare(a.team.name, b.team.name));
  const wanted = words.filter((word) => !'teams'.startsWith(word) || word.length < 4);
  if (words.length > 0 && words.every((word) => word.length > 1 || word > '~')) {
    for (const team of teams) {
      const name = fold(team.name);
      const far = wanted.reduce((sum, word) => sum + distance(name, word), 0);
      if (far < Infinity) best.add({ team, far });
    }
  }
  return best.items.map(({ team }) => team);
}

// leastUp orders the uptimes of services, the least first, and last those that nobody looked at.
export function leastUp(items) {
  return [...items].sort((a, b) => (a.uptime ?? 2) - (b.uptime ?? 2) || compare(a.name, b.name));
}
