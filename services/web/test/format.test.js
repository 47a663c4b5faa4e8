import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checked, count, latency, outcome, reason, since, span, state, whoNeeds } from '../public/lib/format.js';
import { service } from './service.js';

const now = Date.parse('2026-01-01T12:00:00Z');
const ago = (seconds) => new Date(now - seconds * 1000).toISOString();
const url = 'https://billing.example.com/healthz';

test('every reason of a status that is not healthy has words', () => {
  const schema = new URL('../../../pkg/events/schemas/dev.portal.status.changed.v1.json', import.meta.url);
  const known = JSON.parse(readFileSync(schema)).properties.reason.enum;
  const wordless = known.filter((code) => !reason({ status: 'down', status_reason: code }));
  assert.deepEqual(wordless, ['ok', 'host_busy', 'manual']);
});

test('a span is in its largest unit, rounded down', () => {
  const spans = { 0: '0 s', 12999: '12 s', 60000: '1 min', 7199000: '1 h', 86400000: '1 d', [-5]: '0 s' };
  for (const [ms, want] of Object.entries(spans)) assert.equal(span(Number(ms)), want);
});

const checks = {
  'no health URL': [{}, 'Status set by hand'],
  'not yet': [{ status_url: url }, 'not checked yet'],
  'in the past': [{ status_url: url, status_reason: 'ok' }, ''],
  'a moment ago': [{ status_url: url, last_checked_at: ago(12) }, 'checked 12 s ago'],
  'a clock that is ahead': [{ status_url: url, last_checked_at: ago(-30) }, 'checked just now'],
};

for (const [name, [fields, want]] of Object.entries(checks)) {
  test(`checked: ${name}`, () => assert.equal(checked(service(fields), now), want));
}

const states = {
  'healthy needs no reason': [{ status: 'healthy', status_reason: 'ok', status_since: ago(3600) }, 'Healthy for 1 h'],
  'an HTTP answer is told by its code': [
    { status: 'degraded', status_reason: 'http_5xx', http_status: 503, status_since: ago(240) },
    'HTTP 503 for 4 min',
  ],
  'a reason is told in words': [
    { status: 'down', status_reason: 'connect_refused', status_since: ago(7200) },
    'Connection refused for 2 h',
  ],
  'set by hand': [{ status: 'down', status_reason: 'manual', status_since: ago(60) }, 'Down for 1 min'],
  'a reason of a newer server': [{ status: 'down', status_reason: 'eclipse', status_since: ago(60) }, 'Down for 1 min'],
  'set to unknown': [{ status: 'unknown', status_since: ago(60) }, 'Unknown '],
  'stale in the past': [
    { status: 'unknown', status_url: url, status_since: ago(60), status_reason: 'stale' },
    'No result for three intervals for 1 min',
  ],
  'never known': [{ status: 'unknown', status_url: url, status_since: ago(60) }, 'Not checked yet '],
  'nobody knows since when': [{ status: 'down', status_since: null }, 'Down '],
  'no longer known': [
    { status: 'unknown', status_reason: 'stale', status_since: ago(60) },
    'No result for three intervals for 1 min',
  ],
};

for (const [name, [fields, want]] of Object.entries(states)) {
  const it = service(fields);
  test(`state: ${name}`, () => assert.equal(`${state(it)} ${since(it, now)}`, want));
}

test('latency is in ms, in seconds when long, and empty without an answer', () => {
  assert.equal(latency(service({ status_url: url, latency_ms: 0 })), '0 ms');
  assert.equal(latency(service({ status_url: url, latency_ms: 10_400 })), '10.4 s');
  assert.equal(latency(service({ status_url: url })), '');
  assert.equal(latency(service({ status: 'down' })), 'by hand');
});

test('the outcome of a check follows the name', () => {
  assert.equal(outcome(service({ status_url: url, latency_ms: 12 })), 'is healthy (12 ms).');
  assert.equal(
    outcome(service({ status: 'down', status_url: url, status_reason: 'dns' })),
    'is down (Host name not found).',
  );
});

test('numbers of services', () => {
  assert.equal(count(1), '1 service');
  assert.equal(count(2000), '2,000 services');
});

test('who needs a service is named, as far as there is room', () => {
  const of = (...names) => names.map((name) => ({ name }));
  assert.equal(whoNeeds({ services: of('a'), total: 1 }), 'One service needs it: a.');
  assert.equal(whoNeeds({ services: of('a', 'b', 'c'), total: 3 }), '3 services need it: a, b and c.');
  const many = of('a', 'b', 'c', 'd', 'e', 'f');
  assert.equal(whoNeeds({ services: many, total: 1200 }), '1,200 services need it: a, b, c, d, e and 1,195 more.');
});
