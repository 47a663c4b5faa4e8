import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OnCalls } from '../public/lib/on-calls.js';
import { answer, shift } from './on-call.js';

const settle = () => new Promise((resolve) => setImmediate(resolve));
const minute = 60_000;

// begin returns OnCalls over a portal whose answers are `items`, and the moments that were asked for.
function begin(...items) {
  const [live, sync] = [new EventTarget(), new EventTarget()];
  const portal = { items, reads: [], time: Date.parse('2026-11-30T10:00:00Z'), fails: false };
  const api = {
    async onCalls(at) {
      portal.reads.push(at);
      if (portal.fails) throw new Error('It does not answer.');
      return portal.items;
    },
  };
  const onCalls = new OnCalls({ api, clock: { now: () => portal.time }, live, sync });
  const say = (name, detail, source = live) => source.dispatchEvent(new CustomEvent(name, { detail }));
  return { onCalls, portal, say, sync };
}

const ada = answer({ now: [shift('Ada', null, null)], changes_at: '2026-11-30T12:00:00Z' });

test('who is on call is read when it is wanted, once for all teams', async () => {
  const { onCalls, portal } = begin(ada, answer({ team: { slug: 'search', name: 'Search' } }));
  let changes = 0;
  onCalls.addEventListener('change', () => changes++);
  onCalls.want(minute);
  onCalls.want(minute);
  await settle();
  onCalls.want(2 * minute);
  await settle();
  assert.deepEqual(portal.reads, ['']);
  assert.equal(changes, 1);
  assert.equal(onCalls.of('payments').now[0].person.name, 'Ada');
  assert.equal(onCalls.named('Search').team.slug, 'search');
  assert.equal(onCalls.named(null), undefined);
});

test('it is read again at a handover, after an event of a team, and after a few minutes', async () => {
  const { onCalls, portal, say, sync } = begin(ada);
  const reads = async (now) => {
    onCalls.want(now);
    await settle();
    return portal.reads.length;
  };
  assert.equal(await reads(minute), 1);
  say('message', { type: 'service.updated' });
  assert.equal(await reads(2 * minute), 1);
  say('message', { type: 'team.updated' });
  assert.equal(await reads(2 * minute), 2);
  say('message', { type: 'team.updated' });
  assert.equal(await reads(2 * minute + 100), 2, 'however much happens');
  assert.equal(await reads(2 * minute + 2_000), 3);
  portal.time = Date.parse('2026-11-30T12:00:03Z');
  assert.equal(await reads(3 * minute), 4, 'a handover');
  portal.time = Date.parse('2026-11-30T10:00:00Z');
  assert.equal(await reads(4 * minute), 4);
  assert.equal(await reads(6 * minute), 5, 'a calendar may have changed');
  say('live', { fresh: true });
  assert.equal(await reads(7 * minute), 6, 'events were missed');
  say('state', { mode: 'polling' }, sync);
  assert.equal(await reads(8 * minute), 7);
});

test('what was known stays while it cannot be read, and it is asked for again', async () => {
  const { onCalls, portal, say } = begin(ada);
  onCalls.want(minute);
  await settle();
  portal.fails = true;
  say('message', { type: 'team.updated' });
  onCalls.want(2 * minute);
  await settle();
  assert.equal(onCalls.of('payments').now.length, 1);
  onCalls.want(2 * minute + 5_000);
  assert.equal(portal.reads.length, 2);
  portal.fails = false;
  portal.items = [];
  onCalls.want(3 * minute);
  await settle();
  assert.equal(onCalls.of('payments'), undefined);
});

test('at a moment of the past it is that of then, read once', async () => {
  const { onCalls, portal } = begin(ada);
  onCalls.want(minute);
  await settle();
  onCalls.show('2026-11-01T00:00:00Z');
  assert.equal(onCalls.of('payments'), undefined, 'not that of now');
  await settle();
  assert.deepEqual(portal.reads, ['', '2026-11-01T00:00:00Z']);
  assert.equal(onCalls.of('payments').now.length, 1);
  portal.time = Date.parse('2027-01-01T00:00:00Z');
  onCalls.want(Date.now() + 600 * minute);
  await settle();
  assert.equal(portal.reads.length, 2);
  onCalls.show('');
  await settle();
  assert.deepEqual(portal.reads.slice(2), ['']);
});

test('an answer about a moment that is not shown any more is dropped', async () => {
  const { onCalls, portal } = begin(ada);
  onCalls.want();
  onCalls.show('2026-11-01T00:00:00Z');
  onCalls.show('2026-11-02T00:00:00Z');
  await settle();
  await settle();
  assert.deepEqual(portal.reads, ['', '2026-11-02T00:00:00Z']);
  assert.equal(onCalls.known, true);
});
