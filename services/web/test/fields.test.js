import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byField, check, differences, isWebAddress, toBody, toForm } from '../public/lib/fields.js';
import { service } from './service.js';

test('a service goes through the form unchanged', () => {
  const before = service({ name: 'billing', team: 'Payments', status: 'degraded', tags: ['go', 'tier-1'] });
  const body = toBody(toForm(before));
  assert.deepEqual(body, {
    name: 'billing',
    team: 'Payments',
    description: '',
    status_url: '',
    interval: '1m',
    status: 'degraded',
    docs_url: '',
    github_url: '',
    dashboard_url: '',
    tags: ['go', 'tier-1'],
  });
});

test('tags are trimmed, kept once each, and none is empty', () => {
  assert.deepEqual(toBody({ tags: ' go, ,tier-1,go,' }).tags, ['go', 'tier-1']);
});

test('a status is not sent beside a health URL', () => {
  const body = toBody({ name: 'x', status: 'healthy', status_url: 'https://x.example.com' });
  assert.equal('status' in body, false);
});

const addresses = {
  'https://example.com/a?b=c': true,
  'HTTP://example.com': true,
  'javascript:alert(1)': false,
  'java\nscript:alert(1)': false,
  'data:text/html,x': false,
  '//example.com': false,
  'example.com': false,
  'http:example.com': false,
  'https://': false,
  '': false,
};

for (const [address, want] of Object.entries(addresses)) {
  test(`isWebAddress: ${JSON.stringify(address)} is ${want}`, () => assert.equal(isWebAddress(address), want));
}

test('what the server would refuse is told at its field', () => {
  const errors = check(toBody({ name: '  ', docs_url: 'javascript:alert(1)', github_url: 'https://example.com' }));
  assert.deepEqual(
    errors.map(({ field }) => field),
    ['name', 'docs_url'],
  );
});

test("the server's messages go to their fields word for word, the rest to the form", () => {
  const problem = {
    status: 422,
    message: 'Two fields are wrong.',
    errors: [
      { field: 'status_url', message: 'must be http or https' },
      { field: 'tags[3]', message: 'is too long' },
      { field: 'colour', message: 'is not a field' },
    ],
  };
  assert.deepEqual(byField(problem), {
    fields: { status_url: 'must be http or https', tags: 'is too long' },
    rest: 'is not a field',
  });
});

test('a name that is taken is told at the name', () => {
  assert.deepEqual(byField({ status: 409, message: 'Taken.', errors: [] }), { fields: { name: 'Taken.' }, rest: '' });
});

test('any other problem is told for the whole form', () => {
  assert.deepEqual(byField({ status: 500, message: 'Sorry.', errors: [] }), { fields: {}, rest: 'Sorry.' });
});

test('only what people change is a difference', () => {
  const url = 'https://billing.example.com/healthz';
  const mine = service({ name: 'billing', status_url: url, tags: ['go'] });
  const theirs = { ...mine, team: 'Payments', tags: [], status: 'down', latency_ms: 4, version: 2 };
  assert.deepEqual(differences(mine, theirs), [
    { field: 'team', label: 'Team', before: '', theirs: 'Payments' },
    { field: 'tags', label: 'Tags', before: 'go', theirs: '' },
  ]);
});
