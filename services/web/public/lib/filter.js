// Filters, sorts and counts services for a view, as in lib/view.js.
import { Best } from './best.js';
import { statuses, statusNames } from './status.js';
import { searchText, words } from './text.js';

const rank = Object.fromEntries(statuses.map((status, i) => [status, i]));

export const { compare } = new Intl.Collator('en', { sensitivity: 'base', numeric: true });

// Among services in trouble the newest trouble comes first: it is what is not known yet.
const orders = {
  status: (a, b) => rank[a.status] - rank[b.status] || troubleSince(b) - troubleSince(a) || compare(a.name, b.name),
  name: (a, b) => compare(a.name, b.name),
  changed: (a, b) => changedAt(b) - changedAt(a) || compare(a.name, b.name),
};

// byWorst compares two services: the worse one comes first.
export const byWorst = orders.status;

// sort orders services in place: "status" (worst first), "name", or "changed".
export function sort(services, by) {
  return services.sort(orders[by] ?? orders.status);
}

// first returns the first n services in an order, as sort does, without sorting all of them.
export function first(services, n, by) {
  if (n <= 0) return [];
  const best = new Best(n, orders[by] ?? orders.status);
  for (const service of services) best.add(service);
  return best.items;
}

// troubleSince returns since when a service is not healthy, in ms; 0: it is, or nobody knows since when.
export function troubleSince(service) {
  return service.status === 'healthy' ? 0 : statusSince(service);
}

// statusSince returns since when a service has its status, in ms; 0: nobody knows.
export function statusSince({ status_since }) {
  return Date.parse(status_since ?? '') || 0;
}

// changedAt returns when the configuration or the status last changed, in ms.
function changedAt(service) {
  return Math.max(Date.parse(service.updated_at) || 0, statusSince(service));
}

const haystacks = new WeakMap(); // services are immutable, so their text can be cached

// haystack returns the text that the words of a search are searched in.
export function haystack(service) {
  let text = haystacks.get(service);
  if (text === undefined) {
    text = searchText(service);
    haystacks.set(service, text);
  }
  return text;
}

// survey passes over services once and returns
//   shown   the services that the view shows, in the given order
//   counts  { status, team, tag }: value → number of services that a click on it
//           alone would show, with the view's search and its filters of other kinds;
//           0 for values that occur only outside of them
//   stats   { total, healthy, degraded, down, unknown } of all services
//   worst   team → the worst status of its services
export function survey(services, view) {
  const wanted = words(view.q);
  const counts = { status: new Map(statuses.map((s) => [s, 0])), team: new Map(), tag: new Map() };
  const stats = { total: 0, healthy: 0, degraded: 0, down: 0, unknown: 0 };
  const worst = new Map();
  const shown = [];
  for (const service of services) {
    stats.total++;
    stats[service.status]++;
    const found = wanted.length === 0 || wanted.every((word) => haystack(service).includes(word));
    const status = fits(view.status, [service.status]);
    const team = fits(view.team, [service.team]);
    const tag = fits(view.tag, service.tags);
    if (found && status && team && tag) shown.push(service);
    add(counts.status, service.status, found && team && tag);
    if (service.team) {
      add(counts.team, service.team, found && status && tag);
      if (!(rank[worst.get(service.team)] <= rank[service.status])) worst.set(service.team, service.status);
    }
    for (const name of service.tags) add(counts.tag, name, found && status && team);
  }
  return { shown, counts, stats, worst };
}

function fits(wanted, values) {
  return wanted.length === 0 || values.some((value) => wanted.includes(value));
}

function add(counts, value, counted) {
  counts.set(value, (counts.get(value) ?? 0) + (counted ? 1 : 0));
}

// groupings split services into [{ key, title, total, services }], each by what it returns for one:
// teams by name, those without one last; statuses, the worst first.
const groupings = {
  team: {
    of: ({ team }) => team ?? '',
    order: (a, b) => (a === '') - (b === '') || compare(a, b),
    title: (team) => team || 'No team',
  },
  status: {
    of: ({ status }) => status,
    order: (a, b) => rank[a] - rank[b],
    title: (status) => statusNames[status],
  },
};

// group splits services by "team" or by "status". Each group keeps the order of its services.
// stays returns the value by which a service must stay where it was, if it must.
export function group(services, by, stays = () => undefined) {
  const { of, order, title } = groupings[by];
  const groups = new Map();
  for (const service of services) {
    const value = stays(service) ?? of(service);
    if (!groups.has(value)) groups.set(value, []);
    groups.get(value).push(service);
  }
  return [...groups]
    .sort(([a], [b]) => order(a, b))
    .map(([value, members]) => ({
      key: keyOf(by, value),
      value,
      title: title(value),
      total: members.length,
      services: members,
    }));
}

// groupKey returns the key of the group that a service belongs into.
export function groupKey(service, by) {
  return keyOf(by, groupings[by].of(service));
}

function keyOf(by, value) {
  return `${by}:${value}`;
}

// head returns the groups cut to at most `most` services in all; totals are unchanged. A
// group that is folded shows none and stays.
export function head(groups, most) {
  let room = most;
  const cut = groups.map((each) => {
    const services = each.folded ? [] : each.services.slice(0, room);
    room -= services.length;
    return { ...each, services };
  });
  return cut.filter(({ services, folded }) => folded || services.length > 0);
}

// byName orders [value, count] pairs by value; byCount puts the most frequent first.
export const byName = ([a], [b]) => compare(a, b);
export const byCount = ([a, m], [b, n]) => n - m || compare(a, b);
