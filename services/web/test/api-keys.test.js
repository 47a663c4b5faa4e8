import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expires, grants, lastUsed, request } from '../public/lib/keys.js';

const now = Date.parse('2026-03-14T09:30:00Z');
const at = (ms) => new Date(now + ms).toISOString();
const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];

test('what a key may do is said in words', () => {
  assert.equal(grants({ role: 'viewer', teams: ['Core'] }), 'Read');
  assert.equal(grants({ role: 'editor', teams: [] }), 'Write all services');
  assert.equal(grants({ role: 'editor', teams: ['Core', 'Web'] }), 'Write services of Core, Web');
  assert.equal(grants({ role: 'admin', teams: ['Core'] }), 'Everything, also keys');
});

test('when a key expires is said from now', () => {
  for (const [left, words] of [
    [90 * day - second, 'in 90 d'],
    [day, 'in 1 d'],
    [day - second, 'in 23 h'],
    [second, 'in 1 s'],
    [0, 'expired'],
    [-day, 'expired'],
  ]) {
    assert.equal(expires({ expires_at: at(left) }, now), words);
  }
  assert.equal(expires({ expires_at: null }, now), 'never');
});

test('the last use is known to the minute', () => {
  assert.equal(lastUsed({ last_used_at: null }, now), 'never');
  assert.equal(lastUsed({ last_used_at: at(-90 * second) }, now), 'just now');
  assert.equal(lastUsed({ last_used_at: at(-5 * minute) }, now), '5 min ago');
  assert.equal(lastUsed({ last_used_at: at(-3 * hour) }, now), '3 h ago');
});

test('a request has what the form says', () => {
  const form = { name: ' ci ', role: 'editor', teams: ['Core'], days: '90' };
  assert.deepEqual(request(form, now), { name: 'ci', role: 'editor', teams: ['Core'], expires_at: at(90 * day) });
  assert.deepEqual(request({ ...form, role: 'viewer', days: '' }, now), { name: 'ci', role: 'viewer' });
  assert.deepEqual(request({ ...form, teams: [], days: '' }, now), { name: 'ci', role: 'editor' });
});
