import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Announcer } from '../public/lib/announcer.js';
import { Store } from '../public/lib/store.js';
import { service } from './service.js';

// begin fills a store with healthy services a, b, c, …
function begin(t, ids = 'abcde') {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const store = new Store();
  const said = [];
  const announcer = new Announcer(store, (text) => said.push(text));
  let second = 0;
  const news = (id, status, reason = null) =>
    store.changeStatus({
      service_id: id,
      to: status,
      reason,
      since: new Date(++second * 1000).toISOString(),
      checked_at: new Date(second * 1000).toISOString(),
    });
  store.replaceAll([...ids].map((id) => service({ id, name: id, status: 'healthy', status_url: 'https://x.example' })));
  return { store, said, announcer, news };
}

test('loaded and new services are not announced', (t) => {
  const { store, said } = begin(t);
  store.put(service({ id: 'new', status: 'down' }));
  t.mock.timers.tick(60_000);
  assert.deepEqual(said, []);
});

test('a change is announced with its reason', (t) => {
  const { said, news } = begin(t);
  news('a', 'down', 'connect_refused');
  t.mock.timers.tick(1_000);
  news('a', 'healthy', 'ok');
  t.mock.timers.tick(5_000);
  assert.deepEqual(said, ['a is down: Connection refused.', 'a is healthy.']);
});

test('what else is to be said follows the changes, in the same sentence for all who hear it', (t) => {
  const { said, announcer, news } = begin(t);
  news('a', 'down', 'connect_refused');
  announcer.add('a hits 3 services.');
  announcer.add('a hits 3 services.');
  t.mock.timers.tick(1_000);
  announcer.add('b hits 1 service.');
  t.mock.timers.tick(4_000);
  assert.deepEqual(said, ['a is down: Connection refused. a hits 3 services.']);
  t.mock.timers.tick(1_000);
  assert.deepEqual(said.slice(1), ['b hits 1 service.']);
});

test('several changes at once are counted, the worst first', (t) => {
  const { said, news } = begin(t);
  news('e', 'unknown', 'stale');
  for (const id of 'abc') news(id, 'down', 'timeout');
  t.mock.timers.tick(1_000);
  assert.deepEqual(said, ['4 services changed: 3 down, 1 unknown.']);
});

test('changes from a list are announced too', (t) => {
  const { store, said } = begin(t, 'a');
  const later = { status_since: '2026-01-02T00:00:00Z', last_checked_at: '2026-01-02T00:00:00Z' };
  store.replaceAll([service({ id: 'a', name: 'a', status: 'down', status_url: 'https://x.example', ...later })]);
  t.mock.timers.tick(1_000);
  assert.deepEqual(said, ['a is down.']);
});

test('a flood of changes is a sentence every five seconds with the latest statuses', (t) => {
  const { said, news } = begin(t);
  for (let i = 0; i < 100; i++) {
    news('abcde'[i % 5], i % 2 ? 'down' : 'degraded');
    t.mock.timers.tick(200);
  }
  assert.ok(said.length <= 5, `${said.length} sentences in 20 s`);
});

test('reverted, deleted and skipped services are not announced', (t) => {
  const { store, said, announcer, news } = begin(t);
  news('a', 'down');
  news('a', 'healthy');
  news('b', 'down');
  store.remove('b');
  news('c', 'down');
  announcer.skip('c');
  t.mock.timers.tick(60_000);
  assert.deepEqual(said, []);
});
