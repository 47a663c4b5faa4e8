// All requests to the REST API. Every call resolves with the server's answer, or rejects
// with a Problem that can be shown to a person.

import { pageClock, serverClock } from './clock.js';

import { windows as uptimeWindows } from './history.js';

const defaultTimeout = 15_000; // ms: a later answer counts as none
const services = '/api/services';

// Problem is an RFC 9457 problem document; status is 0 when no answer came.
// errors names bad fields: [{ field, message }], in the server's own words. kind is the
// problem's kind, such as "name-taken", or "".
export class Problem extends Error {
  constructor({ status = 0, type = '', title = '', detail = '', errors = [] }) {
    super(detail || title || `The server answered ${status}.`);
    this.name = 'Problem';
    this.status = status;
    this.kind = String(type).split('#')[1] ?? '';
    this.errors = Array.isArray(errors) ? errors : [];
  }
}

// refusals dispatches "refused" when the portal asks who this is.
export const refusals = new EventTarget();

// list resolves with { items, etag }, or with { items: null } if nothing has changed
// since etag.
export async function list(etag) {
  const answer = await call('GET', services, { headers: etag ? { 'If-None-Match': etag } : {} });
  return { items: answer.status === 304 ? null : answer.data.items, etag: answer.etag };
}

// listAt resolves with { items, knownFrom } at a moment. From knownFrom on all changes are known;
// "": of all that time.
export async function listAt(at) {
  const { data, knownFrom } = await call('GET', `${services}?${new URLSearchParams({ at })}`);
  return { items: data.items, knownFrom };
}

// falls resolves with { items, begin }: when services fell in a time, without one in the last
// seven days, and when the record begins.
export async function falls(from = '', to = '') {
  return (await call('GET', `/api/falls${from && `?${new URLSearchParams({ from, to })}`}`)).data;
}

// fallsAround resolves with { before, after }: when a service fell last before a time, and next.
export async function fallsAround(at) {
  return (await call('GET', `/api/falls/around?${new URLSearchParams({ at })}`)).data;
}

// some resolves with the services with these ids (at most 100) that still exist.
export async function some(ids) {
  const query = new URLSearchParams(ids.map((id) => ['id', id]));
  const { data } = await call('GET', `${services}?${query}`);
  return data.items;
}

// read resolves with { service, etag }; change needs the etag.
export async function read(id) {
  const { data, etag } = await call('GET', path(id));
  return { service: data, etag };
}

// create resolves with the new service.
export async function create(fields) {
  return (await call('POST', services, { body: fields })).data;
}

// change sets these fields of a service and keeps the others. It rejects with a Problem
// of status 412 if the service has changed since etag.
export async function change(id, fields, etag) {
  return (await call('PATCH', path(id), { body: fields, headers: { 'If-Match': etag } })).data;
}

// remove deletes a service. It also resolves if the service is gone already. It rejects with a
// Problem of kind "service-needed" if other services need it, unless anyway is true.
export async function remove(id, anyway = false) {
  await unlessGone(call('DELETE', `${path(id)}${anyway ? '?dangling=allow' : ''}`));
}

// neededBy resolves with { services, total }: the services that need one, at most a thousand, and
// how many there are.
export async function neededBy(id) {
  const { data } = await call('GET', `${path(id)}/dependencies`);
  return { services: data.needed_by, total: data.needed_by_total };
}

// near resolves with what traces show of the calls of a service: { calls, called_by }, as in the API.
export async function near(id) {
  return (await call('GET', `${path(id)}/dependencies`)).data;
}

// hideCalls says whether the calls of one service to another are to be seen.
export async function hideCalls(id, server, hidden) {
  await call('PUT', `${path(id)}/dependencies/observed/${server}`, { body: { hidden } });
}

// calls resolves with { found, etag }: which services were seen calling which others, or null if nothing has changed
// since etag.
export async function calls(etag = null) {
  const answer = await call('GET', '/api/dependencies/observed', { headers: etag ? { 'If-None-Match': etag } : {} });
  return { found: answer.status === 304 ? null : answer.data.items, etag: answer.etag };
}

async function unlessGone(answer) {
  try {
    await answer;
  } catch (problem) {
    if (problem.status !== 404) throw problem;
  }
}

// named resolves with the service that has a name or, if none has it, had it last, and with
// null if there is none: at a moment, or "" for now.
export async function named(name, at) {
  const query = at && `?${new URLSearchParams({ at })}`;
  const { status, data } = await call('GET', `${services}/by-name/${encodeURIComponent(name)}${query}`, {
    accept: 404,
  });
  return status === 404 ? null : data;
}

// restore brings a deleted service back, and resolves with it.
export async function restore(id) {
  return (await call('POST', `${path(id)}/restore`)).data;
}

// timeline resolves with { items, next } of what befell a service, also a deleted one, the
// newest first: of a kind, or "" for all. after is the next of the page before, or "". to is a
// moment, as in the following, or "" for now.
export async function timeline(id, kind, after, to) {
  const query = new URLSearchParams({ limit: 30 });
  if (to) query.set('to', to);
  if (kind) query.set('kind', kind);
  if (after) query.set('after', after);
  return (await call('GET', `${path(id)}/timeline?${query}`)).data;
}

// releases resolves with { repository, checked_at, problem, items } of the newest releases of
// a service.
export async function releases(id) {
  return (await call('GET', `${path(id)}/releases?limit=3`)).data;
}

// uptime resolves with how much of 24 hours, 7, 30 and 90 days a service was up.
export async function uptime(id, to) {
  const windows = Object.keys(uptimeWindows).map((window) => ['window', window]);
  const query = to && `?${new URLSearchParams([...windows, ['to', to]])}`;
  return (await call('GET', `${path(id)}/uptime${query}`)).data.items;
}

// history resolves with what was measured of a service until the moment that is shown:
// { buckets, step, to }. A range is as in lib/history.js.
export async function history(id, range) {
  return (await call('GET', `${path(id)}/history?${stepped(range)}`)).data;
}

// deployments resolves with those of a service in a range, the newest first: 100 at most.
export async function deployments(id, { ms }) {
  return (await call('GET', `${path(id)}/deployments?${new URLSearchParams({ ...until(ms), limit: 100 })}`)).data.items;
}

// until returns the parameters of a time that ends with the moment that is shown.
function until(ms) {
  const to = pageClock.now();
  const from = new Date(to - ms).toISOString();
  return pageClock.moment === null ? { from } : { from, to: new Date(to).toISOString() };
}

// stepped returns those of a range. In the past the API decides which steps there are.
function stepped({ ms, step }) {
  return new URLSearchParams({ ...until(ms), step: pageClock.moment === null ? step : '' });
}

// historyCSV is the address of what history resolves with, as CSV; timelineCSV of the newest
// part of a timeline.
export function historyCSV(id, range) {
  return `${path(id)}/history.csv?${stepped(range)}`;
}

export function timelineCSV(id) {
  return `${path(id)}/timeline.csv?limit=1000`;
}

// badge is the address of a badge of a service, which says its "status" or its "level".
export function badge(name, kind) {
  return `/api/badges/${encodeURIComponent(name)}/${kind}.svg`;
}

// strips resolves with { items, to } of the last 24 hours of services (at most 100).
export async function strips(ids, to = '') {
  const query = new URLSearchParams(ids.map((id) => ['id', id]));
  if (to) query.set('to', to);
  return (await call('GET', `/api/strips?${query}`)).data;
}

// days resolves with a strip of the last days of a service in a time zone.
export async function days(id, days, zone, to = '') {
  return (await call('GET', `/api/strips?${new URLSearchParams({ id, days, zone, ...(to && { to }) })}`)).data;
}

// undo takes a change of a service back, and resolves with the service.
export async function undo(id, change) {
  return (await call('POST', `${path(id)}/changes/${encodeURIComponent(change)}/undo`)).data;
}

// check probes a service now, and resolves with the service after the probe.
export async function check(id) {
  return (await call('POST', `${path(id)}/check`, { timeout: 30_000 })).data;
}

// teams resolves with all teams by name.
export async function teams() {
  return (await call('GET', '/api/teams')).data.items;
}

// readTeam, createTeam and changeTeam are for a team what read, create and change are for a service.
export async function readTeam(slug) {
  const { data, etag } = await call('GET', teamPath(slug));
  return { team: data, etag };
}

export async function createTeam(fields) {
  return (await call('POST', '/api/teams', { body: fields })).data;
}

export async function changeTeam(slug, fields, etag) {
  return (await call('PATCH', teamPath(slug), { body: fields, headers: { 'If-Match': etag } })).data;
}

// removeTeam deletes a team. It also resolves if the team is gone already.
export async function removeTeam(slug) {
  await unlessGone(call('DELETE', teamPath(slug)));
}

// teamTimeline resolves with { items, next } of what befell a team and its services, as timeline does:
// each has the service, unless it is about the team itself.
export async function teamTimeline(slug, kind, after = '') {
  const query = new URLSearchParams({ limit: 15, ...(kind && { kind }), ...(after && { after }) });
  return (await call('GET', `${teamPath(slug)}/timeline?${query}`)).data;
}

// onCalls resolves with who is on call in all teams, by name: at a moment, or "" for now.
export async function onCalls(at = '') {
  const query = at && `?${new URLSearchParams({ at })}`;
  return (await call('GET', `/api/oncall${query}`)).data.items;
}

// impacts resolves with { found, etag }: found is { causes, services }, or null if nothing has changed since etag; at a
// moment, or "" for now.
export async function impacts(at = '', etag = null) {
  const query = at && `?${new URLSearchParams({ at })}`;
  const answer = await call('GET', `/api/impacts${query}`, { headers: etag ? { 'If-None-Match': etag } : {} });
  return { found: answer.status === 304 ? null : answer.data, etag: answer.etag };
}

// scorecard resolves with how well a service is kept, and teamScorecard with how well those of a team are.
export async function scorecard(id) {
  return (await call('GET', `${path(id)}/scorecard`)).data;
}

export async function teamScorecard(slug) {
  return (await call('GET', `${teamPath(slug)}/scorecard`)).data;
}

// scorecards resolves with the scorecards that pass a filter of lib/scorecard.js, at most so many, and the counts of all.
export async function scorecards(filter, limit) {
  const query = Object.entries(filter).flatMap(([kind, values]) => values.map((value) => [kind, value]));
  return (await call('GET', `/api/scorecards?${new URLSearchParams([...query, ['limit', limit]])}`)).data;
}

// onCall resolves with who is on call in a team now, and next.
export async function onCall(slug) {
  return (await call('GET', `${teamPath(slug)}/oncall`)).data;
}

// shifts resolves with those of a team in the next 28 days, the first first.
export async function shifts(slug) {
  return (await call('GET', `${teamPath(slug)}/oncall/shifts`)).data.items;
}

// teamUptime resolves with how much of 30 days each service of a team was up, which goes by its name.
export async function teamUptime(name) {
  return (await call('GET', `/api/uptime?${new URLSearchParams({ window: '30d', team: name })}`)).data.items;
}

// me resolves with { kind, name, role, teams, signed_in, ended, provider } of who is asking.
export async function me() {
  return (await call('GET', '/api/me')).data;
}

// signIn signs this browser in with a key.
export async function signIn(key) {
  await call('POST', '/api/session', { body: { key } });
}

// signOut ends the session of this browser, or all of the same person. It resolves with the
// address at which they sign out of the provider too, or "".
export async function signOut(everywhere) {
  const { data } = await call('DELETE', `/api/session${everywhere ? '?everywhere=true' : ''}`);
  return data?.provider_url ?? '';
}

// keys resolves with the API keys, without the keys themselves. At most 1,000 exist.
export async function keys() {
  return (await call('GET', '/api/keys')).data.items;
}

// createKey resolves with the new API key, whose field `key` is the key itself.
export async function createKey(fields) {
  return (await call('POST', '/api/keys', { body: fields })).data;
}

// revokeKey revokes an API key. It also resolves if that is gone already.
export async function revokeKey(id) {
  await unlessGone(call('DELETE', `/api/keys/${encodeURIComponent(id)}`));
}

// health resolves with { status, checks }, also if a check fails. Each check is
// { name, status, detail, cure }.
export async function health() {
  const { data } = await call('GET', '/api/health', { accept: 503 });
  if (!Array.isArray(data?.checks)) throw new Problem({ detail: 'The portal did not report its health.' });
  return data;
}

function path(id) {
  return `${services}/${encodeURIComponent(id)}`;
}

function teamPath(slug) {
  return `/api/teams/${encodeURIComponent(slug)}`;
}

// accept is a status outside 2xx that resolves instead of rejecting.
async function call(method, url, { body, headers = {}, timeout = defaultTimeout, accept = 304 } = {}) {
  const init = { method, headers: { Accept: 'application/json', ...headers }, cache: 'no-store' };
  if (body) {
    init.body = JSON.stringify(body);
    init.headers['Content-Type'] = 'application/json';
  }
  const asked = Date.now();
  let response;
  let data;
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeout) });
    if (!response.headers.has('Age')) serverClock.observe(response.headers.get('Date'), asked, Date.now());
    const text = await response.text(); // empty with 204 and 304, whatever their Content-Type
    const json = /\bjson\b/.test(response.headers.get('Content-Type') ?? '');
    data = json && text ? JSON.parse(text) : null;
  } catch {
    throw new Problem({ detail: 'The portal is not reachable. Check your connection, then try again.' });
  }
  if (response.status === 401) refusals.dispatchEvent(new Event('refused'));
  if (!response.ok && response.status !== accept) throw new Problem({ ...data, status: response.status });
  const header = (name) => response.headers.get(name);
  return { status: response.status, data, etag: header('ETag'), knownFrom: header('Known-From') ?? '' };
}
