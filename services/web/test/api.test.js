import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import * as api from '../public/lib/api.js';
import { serverClock } from '../public/lib/clock.js';

// A real server and the real fetch; only the origin, which a page has, is added to the path.
const real = globalThis.fetch;
let server;
let answer;
let got;

before(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    got = { method: request.method, url: request.url, headers: request.headers, body };
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  globalThis.fetch = (path, init) => real(origin + path, init);
});

after(() => {
  globalThis.fetch = real;
  server.closeAllConnections();
  server.close();
});

const json = (status, value, headers = {}) => {
  answer = { status, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(value) };
};

test('a list has its ETag, and is null when nothing has changed', async () => {
  json(200, { items: [{ id: 'a' }], total: 1 }, { ETag: '"1"' });
  assert.deepEqual(await api.list(null), { items: [{ id: 'a' }], etag: '"1"' });
  assert.equal(got.headers['if-none-match'], undefined);
  answer = { status: 304, headers: { 'Content-Type': 'application/json', ETag: '"1"' } };
  assert.deepEqual(await api.list('"1"'), { items: null, etag: '"1"' });
  assert.equal(got.headers['if-none-match'], '"1"');
});

test('health resolves with 503 too, and rejects another program’s answer', async () => {
  const said = { status: 'degraded', checks: [{ name: 'nats', status: 'unavailable' }] };
  for (const status of [200, 503]) {
    json(status, said);
    assert.deepEqual(await api.health(), said);
  }
  answer = { status: 503, headers: { 'Content-Type': 'text/html' }, body: '<h1>no backend</h1>' };
  await assert.rejects(api.health(), api.Problem);
  json(500, said);
  await assert.rejects(api.health(), api.Problem);
});

test('some requests each id', async () => {
  json(200, { items: [], total: 0 });
  await api.some(['a', 'b']);
  assert.equal(got.url, '/api/services?id=a&id=b');
});

test('change sends the fields and the ETag', async () => {
  json(200, { id: 'a' });
  await api.change('a', { name: 'x', team: null }, '"3"');
  assert.equal(got.method, 'PATCH');
  assert.equal(got.headers['if-match'], '"3"');
  assert.deepEqual(JSON.parse(got.body), { name: 'x', team: null });
});

test('ids are escaped in paths', async () => {
  json(200, {});
  await api.read('../health?x');
  assert.equal(got.url, '/api/services/..%2Fhealth%3Fx');
});

test('a problem document becomes a Problem with its detail', async () => {
  json(
    422,
    {
      type: '/api/docs#invalid',
      status: 422,
      detail: 'One field is wrong.',
      errors: [{ field: 'name', message: 'too long' }],
    },
    { 'Content-Type': 'application/problem+json' },
  );
  await assert.rejects(api.create({}), (problem) => {
    assert.ok(problem instanceof api.Problem);
    assert.deepEqual([problem.status, problem.kind, problem.message], [422, 'invalid', 'One field is wrong.']);
    assert.deepEqual(problem.errors, [{ field: 'name', message: 'too long' }]);
    return true;
  });
});

test("a proxy's error page is a problem too", async () => {
  answer = { status: 502, headers: { 'Content-Type': 'text/html' }, body: '<h1>Bad Gateway</h1>' };
  await assert.rejects(api.list(), { status: 502, message: 'The server answered 502.' });
});

test('removing a missing service resolves', async () => {
  json(404, { detail: 'gone' }, { 'Content-Type': 'application/problem+json' });
  await api.remove('a');
  assert.deepEqual([got.method, got.url], ['DELETE', '/api/services/a']);
  await api.remove('a', true);
  assert.deepEqual([got.method, got.url], ['DELETE', '/api/services/a?dangling=allow']);
});

test('no answer at all is a problem with status 0', async () => {
  const [kept, refused] = [globalThis.fetch, () => Promise.reject(new TypeError('Failed to fetch'))];
  globalThis.fetch = refused;
  await assert.rejects(api.list(), (problem) => problem.status === 0 && /not reachable/.test(problem.message));
  globalThis.fetch = kept;
});

test('every answer sets the server’s clock, unless it came from a cache', async () => {
  const hour = 3_600_000;
  const ahead = () => Math.round((serverClock.now() - Date.now()) / hour);
  const at = (hours) => new Date(Date.now() + hours * hour).toUTCString();
  json(200, { items: [] }, { Date: at(1) });
  await api.list();
  assert.equal(ahead(), 1);
  json(200, { items: [] }, { Date: at(-5), Age: '21600' });
  await api.list();
  assert.equal(ahead(), 1);
  json(404, {}, { Date: at(0) });
  await assert.rejects(api.read('a'));
  assert.equal(ahead(), 0);
});
