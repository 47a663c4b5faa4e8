import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Store } from '../public/lib/store.js';
import { service } from './service.js';

const url = 'https://billing.example.com/healthz';
const at = (minute) => `2026-01-01T00:0${minute}:00Z`;
const probed = (fields) => service({ id: 'a', status_url: url, ...fields });

function filled(...services) {
  const store = new Store();
  for (const one of services) store.put(one);
  return store;
}

test('an event without its empty fields gives a complete service', () => {
  const store = filled({ id: 'a', name: 'billing', status: 'unknown', version: 1 });
  assert.equal(store.get('a').description, null);
  assert.deepEqual(store.get('a').tags, []);
  assert.deepEqual(store.get('a').depends_on, []);
});

test('an older version does not replace a newer one', () => {
  const store = filled(service({ id: 'a', name: 'new', version: 3 }), service({ id: 'a', name: 'old', version: 2 }));
  assert.equal(store.get('a').name, 'new');
});

test('a newer configuration does not restore an older status', () => {
  const store = filled(
    probed({ status: 'down', last_checked_at: at(5) }),
    probed({ status: 'healthy', last_checked_at: at(4), version: 2, name: 'renamed' }),
  );
  assert.deepEqual([store.get('a').name, store.get('a').status], ['renamed', 'down']);
});

test('a new health URL discards the results of the old one', () => {
  const store = filled(
    probed({ status: 'down', last_checked_at: at(5) }),
    probed({ status: 'unknown', status_url: `${url}2`, version: 2 }),
  );
  assert.equal(store.get('a').status, 'unknown');
});

test('statuses of the same probe are ordered by their start', () => {
  const store = filled(
    probed({ status: 'unknown', status_reason: 'stale', last_checked_at: at(1), status_since: at(4) }),
    probed({ status: 'healthy', last_checked_at: at(1), status_since: at(1) }),
  );
  assert.equal(store.get('a').status, 'unknown');
});

test('a status event changes only the measured fields', () => {
  const store = filled(probed({ name: 'billing', latency_ms: 5, last_checked_at: at(1) }));
  store.changeStatus({
    service_id: 'a',
    from: 'healthy',
    to: 'down',
    reason: 'timeout',
    since: at(2),
    checked_at: at(2),
  });
  const { name, status, status_reason, latency_ms, last_checked_at, version } = store.get('a');
  assert.deepEqual(
    { name, status, status_reason, latency_ms, last_checked_at, version },
    { name: 'billing', status: 'down', status_reason: 'timeout', latency_ms: null, last_checked_at: at(2), version: 1 },
  );
});

test('a late status event is dropped', () => {
  const store = filled(probed({ status: 'healthy', last_checked_at: at(5), status_since: at(5) }));
  store.changeStatus({ service_id: 'a', from: 'healthy', to: 'down', since: at(3), checked_at: at(3) });
  assert.equal(store.get('a').status, 'healthy');
});

test('a deleted service stays deleted, also after late data', () => {
  const store = filled(service({ id: 'a' }));
  store.remove('a');
  store.put(service({ id: 'a', version: 9 }));
  assert.equal(store.size, 0);
});

test('a deleted service that is restored is there again', () => {
  const store = filled(service({ id: 'a' }));
  store.remove('a'); // by this page, whose own event comes late
  store.remove('a', 5);
  store.put(service({ id: 'a', version: 5 }));
  assert.equal(store.size, 0);
  store.put(service({ id: 'a', version: 6 }));
  assert.equal(store.get('a').version, 6);
  store.remove('a');
  store.put(service({ id: 'a', version: 6 }));
  assert.equal(store.size, 0);
  store.restore(service({ id: 'a', version: 8 }));
  assert.equal(store.get('a').version, 8);
});

test('a deletion is over when a later list has the service', () => {
  const store = filled(service({ id: 'a' }));
  store.remove('a');
  store.expectList();
  store.replaceAll([service({ id: 'a', version: 3 })]);
  assert.equal(store.get('a').version, 3);
});

test('a list removes the services that it does not have', () => {
  const store = filled(service({ id: 'a' }), service({ id: 'b' }));
  store.expectList();
  store.replaceAll([service({ id: 'b' })]);
  assert.deepEqual(
    store.values().map(({ id }) => id),
    ['b'],
  );
});

test('changes during the read of a list are newer than the list', () => {
  const store = filled(service({ id: 'a' }), service({ id: 'b' }));
  store.expectList();
  store.put(service({ id: 'new' }));
  store.remove('a');
  store.replaceAll([service({ id: 'a' }), service({ id: 'b' })]);
  assert.deepEqual(
    store
      .values()
      .map(({ id }) => id)
      .sort(),
    ['b', 'new'],
  );
});

test('what a service needs is the same from REST and from an event', async () => {
  const needed = { name: 'db', kind: 'hard', note: null };
  const store = filled(service({ id: 'a', depends_on: [{ id: 'd', ...needed }] }));
  const before = store.get('a');
  store.put(service({ id: 'a', depends_on: [{ service_id: 'd', name: 'db', kind: 'hard' }] }));
  assert.equal(store.get('a'), before);
  store.put(service({ id: 'a', depends_on: [{ id: 'd', ...needed, name: 'renamed', missing: true }] }));
  assert.equal(store.get('a').depends_on[0].name, 'renamed');
  store.put({ id: 'a', name: 'billing', version: 2 });
  assert.deepEqual(store.get('a').depends_on, []);
});

test('many changes dispatch one event, and no change none', async () => {
  const store = filled(service({ id: 'a' }));
  await null;
  let announced = 0;
  store.addEventListener('change', () => announced++);
  store.put(service({ id: 'a' }));
  await null;
  assert.equal(announced, 0);
  store.put(service({ id: 'b' }));
  store.put(service({ id: 'c', tags: ['x'] }));
  await null;
  assert.equal(announced, 1);
});

test('a field of a later version is left out, so that the service stays the same', () => {
  const store = new Store();
  store.put({ ...service({ id: 'a' }), impact: { status: 'down', causes: [] } });
  const before = store.get('a');
  assert.equal('impact' in before, false);
  store.put({ ...service({ id: 'a' }), impact: { status: 'down', causes: [] } });
  assert.equal(store.get('a'), before);
});
