import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Store } from '../public/lib/store.js';
import { Sync } from '../public/lib/sync.js';
import { service } from './service.js';

class Line extends EventTarget {
  up = false;
  seen = [];
  start() {}
  stop() {}

  show(visible) {
    this.seen.push(visible);
  }

  say(name, detail) {
    this.up = name !== 'lost';
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function begin(t, api) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const [store, live, modes, asked] = [new Store(), new Line(), [], []];
  const list = async (etag) => {
    asked.push(etag);
    return api.list(etag);
  };
  const sync = new Sync({ api: { ...api, list }, store, live, inView: () => api.visible ?? [] });
  sync.addEventListener('state', ({ detail }) => modes.push(detail.mode));
  t.after(() => sync.stop());
  return { sync, store, live, modes, asked };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const one = { list: async () => ({ items: [service({ id: 'a' })], etag: '"1"' }) };

test('the list is read at the start, and is live with the stream', async (t) => {
  const { sync, store, live, modes } = begin(t, one);
  sync.start();
  await settle();
  assert.equal(store.size, 1);
  live.say('live', { fresh: false });
  assert.deepEqual(modes, ['polling', 'live']);
});

test('the list is read every 30 s without the stream, and not while live', async (t) => {
  const { sync, live, asked } = begin(t, one);
  sync.start();
  await settle();
  live.up = true;
  t.mock.timers.tick(90_000);
  await settle();
  assert.equal(asked.length, 1);
  live.up = false;
  t.mock.timers.tick(30_000);
  await settle();
  assert.equal(asked.length, 2);
});

test('the list is requested with its ETag, until an event changes something', async (t) => {
  const { sync, live, asked } = begin(t, one);
  sync.start();
  await settle();
  await sync.refresh();
  live.say('message', { type: 'service.created', data: { id: 'b', name: 'b', version: 1 } });
  await settle();
  await sync.refresh();
  assert.deepEqual(asked, [null, '"1"', null]);
});

test('304 keeps the data', async (t) => {
  const answers = [
    { items: [service({ id: 'a' })], etag: '"1"' },
    { items: null, etag: '"1"' },
  ];
  const { sync, store } = begin(t, { list: async () => answers.shift() });
  sync.start();
  await settle();
  await sync.refresh();
  assert.equal(store.size, 1);
});

test('without an answer it is offline, and keeps the data', async (t) => {
  let broken = false;
  const list = async () => (broken ? Promise.reject(new Error('no network')) : one.list());
  const { sync, store, modes } = begin(t, { list });
  sync.start();
  await settle();
  broken = true;
  await sync.refresh();
  assert.equal(modes.at(-1), 'offline');
  assert.equal(store.size, 1);
  broken = false;
  await sync.refresh();
  assert.equal(modes.at(-1), 'polling');
});

test('a stream that resumes by itself ends the offline state', async (t) => {
  let broken = false;
  const list = async () => (broken ? Promise.reject(new Error('no network')) : one.list());
  const { sync, live, modes } = begin(t, { list });
  sync.start();
  await settle();
  broken = true;
  live.say('lost');
  await settle();
  assert.equal(modes.at(-1), 'offline');
  broken = false;
  live.say('live', { fresh: false });
  await settle();
  assert.equal(modes.at(-1), 'live');
});

test('a failed read of the list is retried, live or not', async (t) => {
  const answers = [one.list, () => Promise.reject(new Error('500')), one.list];
  const { sync, live, modes } = begin(t, { list: () => answers.shift()() });
  sync.start();
  await settle();
  live.say('live', { fresh: true });
  await settle();
  assert.equal(modes.at(-1), 'offline');
  t.mock.timers.tick(30_000);
  await settle();
  assert.equal(modes.at(-1), 'live');
});

test('the events of the portal reach the store', async (t) => {
  const { sync, store, live } = begin(t, one);
  sync.start();
  await settle();
  live.say('message', { type: 'service.updated', data: { id: 'a', name: 'renamed', version: 2 } });
  live.say('message', { type: 'status.changed', data: { service_id: 'a', to: 'down', since: '2026-01-02T00:00:00Z' } });
  assert.deepEqual([store.get('a').name, store.get('a').status], ['renamed', 'down']);
  live.say('message', { type: 'service.deleted', data: { id: 'a' } });
  assert.equal(store.size, 0);
});

test('while live, the services in view are read every 15 s, at most 100', async (t) => {
  const looks = [];
  const visible = Array.from({ length: 130 }, (_, i) => `${i}`);
  const some = async (ids) => {
    looks.push(ids.length);
    return [];
  };
  const { sync, live } = begin(t, { ...one, some, visible });
  sync.start();
  await settle();
  t.mock.timers.tick(15_000);
  assert.deepEqual(looks, []);
  live.up = true;
  t.mock.timers.tick(15_000);
  assert.deepEqual(looks, [100]);
});

test('refreshes during a refresh are coalesced into one after it', async (t) => {
  const { sync, asked } = begin(t, one);
  await Promise.all([sync.refresh(), sync.refresh(), sync.refresh()]);
  await settle();
  assert.equal(asked.length, 2);
});

test('a hidden page sends no requests, and reads the list when it is shown if that is due', async (t) => {
  const looks = [];
  const some = async (ids) => {
    looks.push(...ids);
    return [];
  };
  const { sync, live, asked } = begin(t, { ...one, some, visible: ['a'] });
  sync.start();
  await settle();
  sync.show(false);
  live.say('live', { fresh: true });
  live.say('lost');
  t.mock.timers.tick(90_000);
  live.say('live', { fresh: false });
  t.mock.timers.tick(90_000);
  await settle();
  assert.deepEqual([asked.length, looks], [1, []]);
  sync.show(true);
  await settle();
  assert.deepEqual([asked.length, looks], [2, ['a']]);
  sync.show(false);
  sync.show(true); // another tab held the stream all the while
  await settle();
  assert.equal(asked.length, 2);
  assert.deepEqual(live.seen, [false, true, false, true]);
});

test('it works after a restart', async (t) => {
  const { sync, asked } = begin(t, one);
  sync.start();
  await settle();
  sync.stop();
  t.mock.timers.tick(90_000);
  assert.equal(asked.length, 1);
  sync.start();
  await settle();
  t.mock.timers.tick(30_000);
  await settle();
  assert.equal(asked.length, 3);
});

test('the Date of the data goes on between two states', async (t) => {
  const { sync, live } = begin(t, one);
  assert.equal(sync.at, null);
  sync.start();
  await settle();
  const read = sync.at;
  live.say('live', { fresh: false });
  await new Promise((resolve) => setTimeout(resolve, 5));
  live.say('message', { type: 'service.created', data: { id: 'b', name: 'b', version: 1 } });
  assert.ok(sync.at > read);
});
