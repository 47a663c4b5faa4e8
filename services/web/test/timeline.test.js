import assert from 'node:assert/strict';
import { test } from 'node:test';
import { days, lastHealthy, said, telling } from '../public/lib/timeline.js';

const status = (at, fields) => ({ at, kind: 'status', status: { from: 'healthy', to: 'healthy', ...fields } });

test('a change of status says why, and for how long', () => {
  const down = status('2026-03-14T14:02:00Z', { to: 'down', reason: 'connect_refused', until: '2026-03-14T14:23:00Z' });
  assert.deepEqual(said(down), { icon: 'down', words: ['Down: connection refused'], more: 'for 21 min' });
  const back = status('2026-03-14T14:23:00Z', { from: 'down', reason: 'ok', until: '2026-03-15T00:00:00Z' });
  assert.deepEqual(said(back, down), { icon: 'healthy', words: ['Healthy'], more: 'after 21 min down' });
  assert.deepEqual(said(status('2026-03-14T15:00:00Z', { to: 'degraded', reason: 'http_5xx', http_status: 503 })), {
    icon: 'degraded',
    words: ['Degraded: HTTP 503'],
    more: '',
  });
  assert.deepEqual(said(status('2026-03-14T15:00:00Z', { to: 'unknown', reason: 'stale' })).words, [
    'Unknown: no result for three intervals',
  ]);
  assert.deepEqual(said(status('2026-03-14T15:00:00Z', { reason: 'manual' })).words, ['Healthy: set by hand']);
  assert.deepEqual(said(status('2026-03-14T15:00:00Z', { to: 'unknown', reason: 'deleted' })).words, [
    'No longer in the portal',
  ]);
  assert.deepEqual(said(status('2026-03-14T15:00:00Z', { to: 'down', reason: 'dns_failure' })).words, [
    'Down: DNS lookup failed',
  ]);
});

test('a change by a person says who made it, and a kind of later versions that it is there', () => {
  const change = { deed: 'updated', actor: { kind: 'person', name: 'Ada' }, changes: [] };
  assert.deepEqual(said({ at: '', kind: 'change', change }).words, ['Changed by ', { name: 'Ada' }]);
  assert.deepEqual(said({ at: '', kind: 'eclipse' }).words, ['Something of the kind eclipse']);
});

test('that nobody had looked yet says nothing', () => {
  assert.equal(telling({ kind: 'status', status: { to: 'unknown' } }), false);
  assert.equal(telling({ kind: 'status', status: { from: 'down', to: 'unknown', reason: 'stale' } }), true);
  assert.equal(telling({ kind: 'change' }), true);
});

test('moments are grouped by the day of the reader', () => {
  const at = (day, hour) => new Date(2026, 2, day, hour).toISOString();
  const moments = [at(17, 14), at(17, 1), at(16, 23), at(14, 2)].map((time) => ({ at: time }));
  const groups = days(moments, new Date(2026, 2, 17, 15).getTime());
  assert.deepEqual(
    groups.map(({ title, moments: list }) => [title, list.length]),
    [
      ['Today, 17 March', 2],
      ['Yesterday, 16 March', 1],
      ['Saturday, 14 March', 1],
    ],
  );
  const [{ title }] = days([{ at: at(14, 2) }], new Date(2027, 0, 1).getTime());
  assert.equal(title, 'Saturday, 14 March 2026');
});

test('when it was last healthy is known from the moments', () => {
  const moments = [
    { at: '4', kind: 'change' },
    { at: '3', kind: 'status', status: { from: 'degraded', to: 'down' } },
    { at: '2', kind: 'status', status: { from: 'healthy', to: 'degraded' } },
    { at: '1', kind: 'status', status: { from: 'healthy', to: 'down' } },
  ];
  assert.equal(lastHealthy({ status: 'down' }, moments), '2');
  assert.equal(lastHealthy({ status: 'healthy' }, moments), '');
  assert.equal(lastHealthy({ status: 'down' }, moments.slice(0, 2)), '');
});
