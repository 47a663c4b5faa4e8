import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figures, lengthy, percent, row, said, series } from '../public/lib/history.js';

const minute = 60_000;

test('a percentage has the digits that tell it from the whole, and is never rounded up', () => {
  for (const [part, text] of [
    [1, '100 %'],
    [0.99999, '99.999 %'],
    [0.9999999, '99.999 %'],
    [0.9995, '99.95 %'],
    [0.98218, '98.21 %'],
    [0.0881, '8.8 %'],
    [0, '0 %'],
  ]) {
    assert.equal(percent(part), text);
  }
});

test('uptime comes with what was observed', () => {
  const item = { uptime: 0.9995, coverage: 0.982, down_s: 840, degraded_s: 3840 };
  assert.deepEqual(figures(item), {
    uptime: '99.95 %',
    notes: ['of 98.2 % observed', 'down 14 min', 'degraded 1 h 4 min'],
  });
  assert.deepEqual(figures({ uptime: 1, coverage: 1, down_s: 0, degraded_s: 0 }).notes, ['of 100 % observed']);
  assert.deepEqual(figures({ uptime: null, coverage: 0, down_s: 0, degraded_s: 0 }), {
    uptime: '–',
    notes: ['nobody looked'],
  });
});

test('a duration has two units at most', () => {
  for (const [ms, text] of [
    [500, '0 s'],
    [59_000, '59 s'],
    [61_000, '1 min'],
    [64 * minute, '1 h 4 min'],
    [2 * 60 * minute, '2 h'],
    [26 * 60 * minute, '1 d 2 h'],
    [24 * 60 * minute + 30_000, '1 d'],
  ]) {
    assert.equal(lengthy(ms), text);
  }
});

const bucket = (at, fields) => ({
  at: new Date(at * 1000).toISOString(),
  probes: 5,
  missed: 0,
  observed_s: 300,
  healthy_s: 300,
  degraded_s: 0,
  down_s: 0,
  ...fields,
});

test('the chart has gaps where nothing was answered, and bands of what was not healthy', () => {
  const latency_ms = { p50: 12, p95: 30 };
  const down = { down_s: 60, healthy_s: 240 };
  const none = { observed_s: 0, healthy_s: 0, probes: 0 };
  const buckets = [
    bucket(0, { latency_ms }),
    bucket(300, down),
    bucket(600, down),
    bucket(900, none),
    bucket(1200, { degraded_s: 300, healthy_s: 0, latency_ms }),
  ];
  assert.deepEqual(series(buckets, 1_500_000), {
    columns: [
      [0, 300, 600, 900, 1200],
      [12, null, null, null, 12],
      [30, null, null, null, 30],
    ],
    bands: [
      { from: 300, to: 900, kind: 'down' },
      { from: 900, to: 1200, kind: 'unobserved' },
      { from: 1200, to: 1500, kind: 'degraded' },
    ],
  });
});

test('a bucket is said in words', () => {
  assert.deepEqual(row(bucket(0, { latency_ms: { p50: 12.4, p95: 30 } })), {
    state: 'healthy',
    p50: '12 ms',
    p95: '30 ms',
    probes: '5',
  });
  const mixed = bucket(0, { down_s: 120, healthy_s: 180, missed: 2 });
  assert.deepEqual(row(mixed), { state: 'down 2 min, healthy 3 min', p50: '–', p95: '–', probes: '5, 2 missed' });
  assert.equal(said(bucket(0, { observed_s: 0, healthy_s: 0 })), 'not observed');
  assert.equal(said(bucket(0, { latency_ms: { p50: 12.4, p95: 30 } })), '12 ms, 30 ms at 95 %, healthy');
});
