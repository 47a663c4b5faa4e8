// Texts about what befell a service, or the services of a team, independent of the DOM.
import { headline } from './changes.js';
import { dayTitle } from './dates.js';
import { isWebAddress, labels } from './fields.js';
import { reason } from './format.js';
import { lengthy } from './history.js';
import { published } from './releases.js';
import { statusNames } from './status.js';

// said says a moment of the timeline: { icon, words, more, link, after }; words, more and after
// are parts as for setWords. more is said more quietly, after is what came shortly before, and
// link is where there is more to see, or "". older is the moment before with a status, or undefined.
export function said(moment, older) {
  const rest = { more: [], link: '', after: [] };
  if (moment.kind === 'change') return { ...rest, icon: 'edit', words: headline(moment.change) };
  if (moment.kind === 'deployment') return { ...rest, icon: 'deploy', ...deployed(moment.deployment) };
  if (moment.kind === 'release') return { ...rest, icon: 'tag', ...published(moment.release) };
  if (moment.kind !== 'status') return { ...rest, icon: 'unknown', words: [`Something of the kind ${moment.kind}`] };
  return { ...rest, ...changed(moment, older) };
}

// saidOf says a moment of one of several services: its words follow the service's name.
export function saidOf(moment, older) {
  const { words, ...rest } = said(moment, older);
  const [first, ...more] = words;
  return { ...rest, words: [typeof first === 'string' ? lower(first) : first, ...more] };
}

// before returns, of moments, the newest first, the one with a status before another of the same
// service, or undefined.
export function before(moments, moment) {
  const { service } = moment;
  const from = moments.indexOf(moment) + 1;
  return moments.find((one, i) => i >= from && one.kind === 'status' && one.service?.id === service?.id);
}

// joined puts the newest moments before those that are known, of which some may be the same. If there
// is a gap in between, it returns the newest alone.
export function joined(newest, known) {
  const oldest = newest.at(-1)?.at ?? '';
  const touches = known.length > 0 && newest.some(({ at }) => at === known[0].at);
  return touches ? [...newest, ...known.filter(({ at }) => isBefore(at, oldest))] : newest;
}

function isBefore(at, other) {
  return Date.parse(at) < Date.parse(other);
}

function changed(moment, older) {
  const { to, reason: code, http_status, until, after } = moment.status;
  if (code === 'deleted') return { icon: 'unknown', words: ['No longer in the portal'] };
  const why = code === 'manual' ? 'set by hand' : reason({ status: to, status_reason: code, http_status });
  return {
    icon: to,
    words: [why ? `${statusNames[to]}: ${lower(why)}` : (statusNames[to] ?? to)],
    more: [
      recovered(moment, older) ||
        (until && to !== 'healthy' ? `for ${lengthy(Date.parse(until) - Date.parse(moment.at))}` : ''),
    ].filter(Boolean),
    after: after && !same(after, older?.status.after) ? cause(after, moment.at) : [],
  };
}

// same reports whether two changes of a status came after the same: the first of them says so.
function same(after, other) {
  return after.kind === other?.kind && after.at === other.at;
}

// deployed says a deployment: "v1.8.2 deployed to production", and by whom.
function deployed({ action, version, environment, by, url }) {
  const name = { name: shortVersion(version) };
  const words = action === 'rolledback' ? ['Rolled back to ', name] : [name, ' deployed'];
  if (environment) words.push(action === 'rolledback' ? ' in ' : ' to ', { name: environment });
  return { words, more: by ? ['by ', { name: by }] : [], link: isWebAddress(url) ? url : '' };
}

// cause says what came shortly before a moment, and by whom: "4 min after v1.8.2 was deployed
// by its pipeline". The portal knows the order, and not the cause.
export function cause({ kind, at, by, action, version, environment, changed: fields }, moment) {
  const age = Date.parse(moment) - Date.parse(at);
  const when = age < 1000 ? 'just after ' : `${lengthy(age)} after `;
  const who = by ? [' by ', { name: by }] : [];
  if (kind === 'deployment') {
    const name = { name: shortVersion(version) };
    const where =
      environment && environment !== 'production'
        ? [action === 'rolledback' ? ' in ' : ' to ', { name: environment }]
        : [];
    const what = action === 'rolledback' ? ['it was rolled back to ', name] : [name, ' was deployed'];
    return [when, ...what, ...where, ...who];
  }
  if (kind === 'release') return [when, { name: version }, ' was released', ...who];
  if (kind === 'change') {
    const named = (fields ?? []).filter((field) => field === 'status_url' || field === 'interval');
    const what = named.map((field) => `its ${lower(labels[field])}`).join(' and ') || 'it';
    return [`${when}${what} ${named.length > 1 ? 'were' : 'was'} changed`, ...who];
  }
  return [`${when}something of the kind ${kind}`, ...who];
}

// shortVersion shortens what only programs tell apart: a commit's hash, an image's digest.
export function shortVersion(version) {
  return version.replace(/^((?:sha(?:256|512):)?[\da-f]{12})[\da-f]{20,}$/i, '$1');
}

// recovered says after how much trouble a service is healthy again.
function recovered({ at, status }, older) {
  if (status.to !== 'healthy' || !['down', 'degraded'].includes(older?.status.to)) return '';
  return `after ${lengthy(Date.parse(at) - Date.parse(older.at))} ${older.status.to}`;
}

// lower keeps words such as HTTP and DNS.
function lower(text) {
  return /^[A-Z][a-z]/.test(text) ? text[0].toLowerCase() + text.slice(1) : text;
}

// telling reports whether a moment says anything: that nobody had looked yet when a service
// was added does not.
export function telling({ kind, status }) {
  return !(kind === 'status' && !status.from && status.to === 'unknown' && !status.reason);
}

// known returns what moments, the newest first, know of the status of a service that is not
// healthy: { healthy, after, since } are when it was so for the last time, or "", what came
// shortly before it changed, or null, and when that was.
export function known({ status }, moments) {
  const changes = moments.filter(({ kind }) => kind === 'status');
  const [last] = changes;
  if (status === 'healthy' || !last) return { healthy: '', after: null, since: '' };
  const healthy = changes.find((moment) => moment.status.from === 'healthy')?.at ?? '';
  const present = last.status.to === status;
  return { healthy, after: (present && last.status.after) || null, since: present ? last.at : '' };
}

// days groups moments, the newest first, by the day of the reader: [{ day, title, moments }].
export function days(moments, now) {
  const groups = [];
  for (const moment of moments) {
    const at = new Date(moment.at);
    const day = at.toDateString();
    if (groups.at(-1)?.day !== day) groups.push({ day, title: dayTitle(at, now), moments: [] });
    groups.at(-1).moments.push(moment);
  }
  return groups;
}
