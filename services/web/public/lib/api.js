// The one place that talks to the server. Every call resolves with what the
// server said or rejects with a Problem that a person can be shown.

import { serverClock } from './clock.js';

const patience = 15_000; // ms: an answer that takes longer is as good as none
const services = '/api/services';

// Problem is an RFC 9457 problem document; status is 0 when no answer came.
// errors names bad fields: [{ field, message }], in the server's own words.
export class Problem extends Error {
  constructor({ status = 0, title = '', detail = '', errors = [] }) {
    super(detail || title || `The server answered ${status}.`);
    this.name = 'Problem';
    this.status = status;
    this.errors = Array.isArray(errors) ? errors : [];
  }
}

// list resolves with { items, etag }, or with { items: null } when nothing has
// changed since etag.
export async function list(etag) {
  const answer = await call('GET', services, { headers: etag ? { 'If-None-Match': etag } : {} });
  return { items: answer.status === 304 ? null : answer.data.items, etag: answer.etag };
}

// some resolves with those of the named services (100 at most) that still exist.
export async function some(ids) {
  const query = new URLSearchParams(ids.map((id) => ['id', id]));
  const { data } = await call('GET', `${services}?${query}`);
  return data.items;
}

// read resolves with { service, etag }: the etag is what change wants.
export async function read(id) {
  const { data, etag } = await call('GET', path(id));
  return { service: data, etag };
}

// create resolves with the new service.
export async function create(fields) {
  return (await call('POST', services, { body: fields })).data;
}

// change sets these fields of a service and leaves the others, unless it is no
// longer what etag stands for: then it rejects with a Problem whose status is 412.
export async function change(id, fields, etag) {
  return (await call('PATCH', path(id), { body: fields, headers: { 'If-Match': etag } })).data;
}

// remove deletes a service. One that is gone already is what was asked for.
export async function remove(id) {
  try {
    await call('DELETE', path(id));
  } catch (problem) {
    if (problem.status !== 404) throw problem;
  }
}

// check has a service probed now, and resolves with the service after it.
export async function check(id) {
  return (await call('POST', `${path(id)}/check`, { patience: 30_000 })).data;
}

// health resolves with { status, checks }, also where something does not work: each
// check is { name, status, detail, cure }.
export async function health() {
  const { data } = await call('GET', '/api/health', { also: 503 });
  if (!Array.isArray(data?.checks)) throw new Problem({ detail: 'The portal does not say how it is.' });
  return data;
}

function path(id) {
  return `${services}/${encodeURIComponent(id)}`;
}

// also is a status that is an answer here, and no problem.
async function call(method, url, { body, headers = {}, patience: limit = patience, also = 304 } = {}) {
  const init = { method, headers: { Accept: 'application/json', ...headers }, cache: 'no-store' };
  if (body) {
    init.body = JSON.stringify(body);
    init.headers['Content-Type'] = 'application/json';
  }
  const asked = Date.now();
  let response;
  let data;
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.timeout(limit) });
    if (!response.headers.has('Age')) serverClock.hear(response.headers.get('Date'), asked, Date.now());
    const text = await response.text(); // none with a 204 or 304, whatever type they name
    const json = /\bjson\b/.test(response.headers.get('Content-Type') ?? '');
    data = json && text ? JSON.parse(text) : null;
  } catch {
    throw new Problem({ detail: 'The portal cannot be reached. Check your connection, then try again.' });
  }
  if (!response.ok && response.status !== also) throw new Problem({ ...data, status: response.status });
  return { status: response.status, data, etag: response.headers.get('ETag') };
}
