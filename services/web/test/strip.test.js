import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bars, box, withStatus, words } from '../public/lib/strip.js';
import { Strips } from '../public/lib/strips.js';

const unit = ['half hour', 'half hours'];

test('a strip is told in words', () => {
  for (const [strip, text] of [
    ['hhhh', 'healthy throughout'],
    ['----', 'not observed'],
    ['hxdx-', 'down in 2 half hours, degraded in 1 half hour, not observed in 1 half hour'],
    ['---h', 'not observed in 3 half hours'],
  ]) {
    assert.equal(words(strip, unit), text);
  }
});

test('worse is taller, and each status has one path', () => {
  assert.deepEqual(bars('hxh'), { h: 'M0 16v-6h6v6zM16 16v-6h6v6z', x: 'M8 16v-16h6v16z' });
  assert.equal(box('hxh'), '0 0 22 16');
});

test('the last segment is as bad as the status now at least', () => {
  assert.equal(withStatus('hh-', 'healthy'), 'hhh');
  assert.equal(withStatus('hhh', 'down'), 'hhx');
  assert.equal(withStatus('hhx', 'healthy'), 'hhx');
  assert.equal(withStatus('hhd', 'unknown'), 'hhd');
});

const service = (id, fields) => ({
  id,
  status: 'healthy',
  status_url: 'https://x/',
  last_checked_at: '2026',
  ...fields,
});

function fake() {
  const asked = [];
  const api = {
    async strips(ids) {
      asked.push(ids);
      return { to: new Date(1_800_000).toISOString(), items: ids.map((id) => ({ id, strip: 'hh-' })) };
    },
  };
  return { asked, strips: new Strips(api), api };
}

test('strips are read once for each segment, of many services at once', async () => {
  const { asked, strips } = fake();
  const ids = Array.from({ length: 150 }, (_, i) => `s${i}`);
  await strips.want(ids, 0);
  await strips.want(ids, 1000);
  await strips.want(ids, 2000);
  assert.deepEqual(
    asked.map(({ length }) => length),
    [100, 50],
  );
  assert.equal(strips.get(service('s0', { status: 'down' })), 'hhx');
  assert.equal(strips.get(service('s0')), 'hhx', 'it was down in this segment');
  assert.equal(strips.get(service('s1', { status_url: null })), 'hh-');
  assert.equal(strips.get(service('unknown')), '');
  await strips.want(['s0'], 1_700_000);
  assert.equal(asked.length, 2);
  await strips.want(['s0'], 1_800_000 + 60_000); // the segment is over; browsers ask within a minute
  assert.equal(asked.length, 3);
});

test('a failure is followed by a pause', async () => {
  const { asked, strips, api } = fake();
  const { strips: works } = api;
  api.strips = async () => {
    asked.push('failed');
    throw new Error('down');
  };
  await strips.want(['s0'], 0);
  await strips.want(['s0'], 1000);
  assert.deepEqual(asked, ['failed']);
  api.strips = works;
  await strips.want(['s0'], 15_000);
  assert.equal(asked.length, 2);
});
