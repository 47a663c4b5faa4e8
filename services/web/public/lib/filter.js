// Filters, sorts and counts services for a view, as in lib/view.js.
import { searchText, words } from './text.js';

export const statuses = ['down', 'degraded', 'unknown', 'healthy'];

// Services that need a person come first. Unknown is before healthy, because such a
// service may not work.
const rank = Object.fromEntries(statuses.map((status, i) => [status, i]));

const { compare } = new Intl.Collator('en', { sensitivity: 'base', numeric: true });

// Among services in trouble the newest trouble comes first: it is what is not known yet.
const orders = {
  status: (a, b) => rank[a.status] - rank[b.status] || troubleSince(b) - troubleSince(a) || compare(a.name, b.name),
  name: (a, b) => compare(a.name, b.name),
  changed: (a, b) => changedAt(b) - changedAt(a) || compare(a.name, b.name),
};

// sort orders services in place: "status" (worst first), "name", or "changed".
export function sort(services, by) {
  return services.sort(orders[by] ?? orders.status);
}

// troubleSince returns since when a service is not healthy, in ms; 0: it is, or nobody knows since when.
function troubleSince({ status, status_since }) {
  return status === 'healthy' ? 0 : Date.parse(status_since ?? '') || 0;
}

// changedAt returns when the configuration or the status last changed, in ms.
function changedAt(service) {
  return Math.max(Date.parse(service.updated_at) || 0, Date.parse(service.status_since ?? '') || 0);
}

const haystacks = new WeakMap(); // services are immutable, so their text can be cached

function haystack(service) {
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
export function survey(services, view) {
  const wanted = words(view.q);
  const counts = { status: new Map(statuses.map((s) => [s, 0])), team: new Map(), tag: new Map() };
  const stats = { total: 0, healthy: 0, degraded: 0, down: 0, unknown: 0 };
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
    if (service.team) add(counts.team, service.team, found && status && tag);
    for (const name of service.tags) add(counts.tag, name, found && status && team);
  }
  return { shown, counts, stats };
}

function fits(wanted, values) {
  return wanted.length === 0 || values.some((value) => wanted.includes(value));
}

function add(counts, value, counted) {
  counts.set(value, (counts.get(value) ?? 0) + (counted ? 1 : 0));
}

// group splits services by team into [{ key, title, total, services }], sorted by name,
// those without a team last. Each group keeps the order of its services.
export function group(services) {
  const teams = new Map();
  for (const service of services) {
    const team = service.team ?? '';
    if (!teams.has(team)) teams.set(team, []);
    teams.get(team).push(service);
  }
  return [...teams]
    .sort(([a], [b]) => (a === '') - (b === '') || compare(a, b))
    .map(([team, members]) => ({
      key: `team:${team}`,
      title: team || 'No team',
      total: members.length,
      services: members,
    }));
}

// head returns the groups cut to at most `most` services in all; totals are unchanged.
export function head(groups, most) {
  let room = most;
  const cut = groups.map((each) => {
    const services = each.services.slice(0, room);
    room -= services.length;
    return { ...each, services };
  });
  return cut.filter(({ services }) => services.length > 0);
}

// byName orders [value, count] pairs by value; byCount puts the most frequent first.
export const byName = ([a], [b]) => compare(a, b);
export const byCount = ([a, m], [b, n]) => n - m || compare(a, b);
