// What the wall shows of the services of a view, and in which words. Of the parts of a sentence, a string is our text
// and { name } is a person's.

import { Best } from './best.js';
import { when } from './dates.js';
import { byWorst, first, statusSince } from './filter.js';
import { ago, count, reason } from './format.js';
import { whom } from './impact.js';
import { statuses, statusNames } from './status.js';
import { format } from './view.js';

const mostTiles = 80; // of the trouble, and
const mostNames = 200; // of the healthy: more than any screen has room for
const mostByHand = 5; // named in the footer
const mostValues = 6; // of filters that are named
const maxAge = 120_000; // ms: while it is live, the page reads what is in view every 15 s

const number = (n) => n.toLocaleString('en');

// split splits services into
//   band     the service that went down last, or null; one that nothing hits, if there is one
//   tiles    the other trouble, the worst first, of equally bad ones those that nothing hits, and of those the newest
//   healthy  by name
//   byHand   of an unknown status because nobody measures them: { services, label }
//   counts   { down, degraded, unknown, healthy, byHand, total }, of all of them
//   changed  when one of them last changed its status, in ms, or 0
// impactOf tells of an id what hits the service, as lib/impacts.js. The lists have no more services than a screen has
// room for.
export function split(services, impactOf = () => undefined) {
  const parts = { trouble: [], healthy: [], byHand: [] };
  const counts = { down: 0, degraded: 0, unknown: 0, healthy: 0, byHand: 0, total: services.length };
  let changed = 0;
  for (const service of services) {
    counts[service.status]++;
    changed = Math.max(changed, statusSince(service));
    if (service.status === 'healthy') parts.healthy.push(service);
    else if (unmeasured(service)) parts.byHand.push(service);
    else parts.trouble.push(service);
  }
  counts.byHand = parts.byHand.length;
  const trouble = newsOf(parts.trouble, impactOf);
  const band = trouble[0]?.status === 'down' ? trouble.shift() : null;
  return {
    band,
    tiles: trouble.slice(0, mostTiles),
    healthy: first(parts.healthy, mostNames, 'name'),
    byHand: { services: first(parts.byHand, mostByHand, 'name'), label: labelOf(parts.byHand) },
    counts,
    changed,
  };
}

// newsOf returns the first of the trouble: what fell by itself comes before what it drags along.
function newsOf(trouble, impactOf) {
  const known = new Map(); // id → whether something hits it
  const isHit = ({ id }) => {
    if (!known.has(id)) known.set(id, impactOf(id) !== undefined);
    return known.get(id);
  };
  const rank = ({ status }) => statuses.indexOf(status);
  const best = new Best(mostTiles + 1, (a, b) => rank(a) - rank(b) || isHit(a) - isHit(b) || byWorst(a, b));
  for (const service of trouble) best.add(service);
  return best.items;
}

// why says in a few words why a service is in trouble, as parts of a sentence: what it needs that fell, else what was
// measured.
export function why(service, impact) {
  return impact ? ['Needs ', { name: impact.causes[0].service.name }] : [measured(service)];
}

function measured(service) {
  return reason(service) || (service.status_url ? statusNames[service.status] : 'Set by hand');
}

// unmeasured reports whether a status is unknown only because nobody measures it, or did yet.
function unmeasured({ status, status_url, last_checked_at }) {
  return status === 'unknown' && (!status_url || !last_checked_at);
}

function labelOf(services) {
  const byHand = services.filter(({ status_url }) => !status_url).length;
  if (byHand === services.length) return 'Set by hand';
  return byHand === 0 ? 'Not checked yet' : 'Set by hand, or not checked yet';
}

// aftermath says whom a cause hits and who is on call, as parts of a sentence; cause is one of lib/impacts.js, or undefined.
export function aftermath(cause) {
  if (!cause?.hits) return [];
  const people = cause.on_call.flatMap((name, i) => [i === 0 ? ' On call: ' : ', ', { name }]);
  return [`Hits ${whom(cause)}.`, ...people];
}

// places returns how many places a list of a whole total wants, where its rest has one place.
export function places(listed, total) {
  return Math.min(total, listed.length + 1);
}

// troubles returns how many services have a tile, or would have one.
export function troubles({ band, counts: { down, degraded, unknown, byHand } }) {
  return down + degraded + unknown - byHand - (band ? 1 : 0);
}

// rest says which trouble has no tile, if only the first `shown` services have one:
// { total, text }, such as "2 down, 30 degraded".
export function rest({ band, tiles, counts }, shown) {
  const left = {
    down: counts.down - (band ? 1 : 0),
    degraded: counts.degraded,
    unknown: counts.unknown - counts.byHand,
  };
  for (const { status } of tiles.slice(0, shown)) left[status]--;
  const some = Object.entries(left).filter(([, n]) => n > 0);
  return {
    total: some.reduce((sum, [, n]) => sum + n, 0),
    text: some.map(([status, n]) => `${number(n)} ${status}`).join(', '),
  };
}

// scope says what a view shows, as parts of a sentence.
export function scope(view) {
  const groups = ['team', 'tag', 'status'].map((kind) => listed(view[kind])).filter(({ length }) => length > 0);
  const q = view.q.trim();
  if (q) groups.push(['“', { name: q }, '”']);
  if (groups.length === 0) return ['All services'];
  return groups.flatMap((group, i) => (i === 0 ? group : [' · ', ...group]));
}

function listed(values) {
  const parts = values.slice(0, mostValues).flatMap((name, i) => (i === 0 ? [{ name }] : [', ', { name }]));
  const left = values.length - mostValues;
  return left > 0 ? [...parts, ` and ${left} more`] : parts;
}

// message is what the wall says in place of band and tiles: { title, text }, or null if there
// are any, or staleness says it. access is the role of who is asking, mode and at are of Sync;
// others is how many services the view would show in any status, total how many there are.
export function message({ access, mode, at, view, parts, others, total }) {
  if (access === 'none') {
    return { title: 'No access', text: 'This screen may not read the portal: press Escape, and sign in.' };
  }
  if (!at) return mode === 'offline' ? null : { title: 'Loading', text: '' };
  if (parts.band || parts.tiles.length > 0) return null;
  if (total === 0) return { title: 'No services yet', text: '' };
  if (parts.counts.total > 0) return calm(view, parts.counts);
  if (view.status.length === 0 || others === 0)
    return { title: 'No service matches', text: `There are ${count(total)} in all.` };
  return { title: `None of ${count(others)} is ${view.status.join(' or ')}`, text: '' };
}

function calm(view, { healthy, unknown, total }) {
  const areHealthy = `${count(healthy)} ${healthy === 1 ? 'is' : 'are'} healthy`;
  if (healthy === total)
    return { title: total === 1 || view.status.length > 0 ? areHealthy : `All ${areHealthy}`, text: '' };
  if (healthy === 0) return { title: 'Nothing is down', text: `${count(unknown)}, of unknown status.` };
  return { title: 'Nothing is down', text: `${areHealthy}, ${number(unknown)} unknown.` };
}

// staleness says why what is shown may not be so any more, or returns null: { title, text }.
// connection is the state of Sync, at the Date of the data, watched whether the page keeps
// reading it.
export function staleness({ connection: { mode, why }, at, watched }, now) {
  const old = at !== null && watched && now - at > maxAge;
  if (mode !== 'offline' && !old) return null;
  const text = why || 'The portal does not answer. It is tried again.';
  return { title: at ? `Not live: data from ${when(at, now)}` : 'Not live: no data yet', text };
}

// liveness says how new what is shown is, while it is so.
export function liveness(mode, changed, now) {
  if (mode === 'loading') return 'Connecting';
  if (mode === 'polling') return 'Refreshing every 30 s';
  return changed ? `Live, last change ${ago(now - changed)}` : 'Live';
}

const sleepy = {
  unsupported: 'This screen may fall asleep: the browser keeps it awake over https only.',
  refused: 'This screen may fall asleep: the browser does not keep it awake.',
};

// sleepiness says why the screen may fall asleep, or "". state is that of Awake; secure is
// whether the page came by https, or from this machine.
export function sleepiness(state, secure) {
  return sleepy[state === 'unsupported' && secure ? 'refused' : state] ?? '';
}

// wallAddress returns the address of a view's wall.
export function wallAddress(view) {
  const [, query] = format(view).split('?');
  return query ? `/?wall&${query}` : '/?wall';
}
