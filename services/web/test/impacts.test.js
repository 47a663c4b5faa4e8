import assert from 'node:assert/strict';
import { test } from 'node:test';
import { described, fell, news, whom } from '../public/lib/impact.js';
import { Impacts } from '../public/lib/impacts.js';
import { Store } from '../public/lib/store.js';
import { service } from './service.js';

const settle = () => new Promise((resolve) => setImmediate(resolve));
const minute = 60_000;

// found is what the portal says while the database is down: it hits the ledger, and through it the shop.
const found = {
  causes: [
    {
      id: 'db',
      name: 'db',
      team: 'Payments',
      status: 'down',
      since: '2026-01-01T00:00:00Z',
      reason: 'timeout',
      on_call: ['Ana Ruiz'],
      hits: 2,
      teams: [
        { team: 'Shop', services: 1, on_call: ['Bo'] },
        { team: null, services: 1, on_call: [] },
      ],
    },
  ],
  services: [hit('ledger', 1, 'db'), hit('shop', 2, 'ledger')],
};
const nothing = { causes: [], services: [] };

function hit(id, hops, via) {
  const causes = [{ id: 'db', hops, via: { id: via, name: via } }];
  return { id, name: id, impact: { status: 'down', more: false, causes } };
}

// begin returns Impacts over a portal in which the database has a status, and what was asked for.
function begin(status = 'down') {
  const [live, sync, store] = [new EventTarget(), new EventTarget(), new Store()];
  const portal = { found: status === 'healthy' ? nothing : found, etag: '1', reads: [], fails: false };
  const api = {
    async impacts(at, etag) {
      portal.reads.push([at, etag]);
      if (portal.fails) throw new Error('It does not answer.');
      return { found: etag === portal.etag ? null : portal.found, etag: portal.etag };
    },
  };
  store.replaceAll(['db', 'ledger', 'shop'].map((id) => service({ id, name: id })));
  const turn = (to, id = 'db') => {
    const { version } = store.get(id);
    store.put({ ...store.get(id), status: to, version: version + 1 });
  };
  if (status !== 'healthy') turn(status);
  const impacts = new Impacts({ api, store, live, sync });
  const happened = { changes: 0, causes: [] };
  impacts.addEventListener('change', () => happened.changes++);
  impacts.addEventListener('cause', ({ detail }) => happened.causes.push(detail.id));
  const say = (name, detail, source = live) => source.dispatchEvent(new CustomEvent(name, { detail }));
  const want = async (now) => {
    impacts.want(now);
    await settle();
    return portal.reads.length;
  };
  return { impacts, portal, store, turn, happened, say, sync, want };
}

test('nothing is asked while no service has fallen, and at once when one falls', async () => {
  const { impacts, portal, turn, happened, say, want } = begin('healthy');
  say('live', { fresh: true });
  assert.equal(await want(minute), 0);
  say('message', { type: 'service.updated' });
  assert.equal(await want(2 * minute), 0);
  portal.found = found;
  turn('down');
  assert.equal(await want(2 * minute + 1), 1);
  assert.equal(impacts.cause('db').hits, 2);
  assert.deepEqual(happened.causes, ['db'], 'it is new');
});

test('what hits a service is named with the cause as it is now', async () => {
  const { impacts, store, happened, want } = begin();
  assert.equal(impacts.of('shop'), undefined);
  await want(minute);
  store.put({ ...store.get('db'), name: 'Payments DB', version: 5 });
  assert.deepEqual(impacts.of('shop'), {
    causes: [{ service: store.get('db'), hops: 2, via: { id: 'ledger', name: 'ledger' } }],
    more: false,
  });
  assert.equal(impacts.of('db'), undefined);
  assert.deepEqual(
    impacts.causes().map(({ service: { name } }) => name),
    ['Payments DB'],
  );
  assert.deepEqual(happened, { changes: 1, causes: [] }, 'what was so before is no news');
});

test('a cause that has recovered, or is gone, is said no more', async () => {
  const { impacts, portal, store, turn, want } = begin();
  await want(minute);
  turn('healthy');
  assert.equal(impacts.of('shop'), undefined);
  assert.deepEqual(impacts.causes(), []);
  portal.found = nothing;
  portal.etag = '2';
  assert.equal(await want(2 * minute), 2, 'until the portal says so too');
  assert.equal(await want(9 * minute), 2);
  turn('degraded');
  assert.equal(impacts.cause('db'), undefined);
  portal.found = found;
  portal.etag = '3';
  assert.equal(await want(10 * minute), 3);
  assert.equal(impacts.cause('db').service.status, 'degraded');
  store.remove('db');
  assert.deepEqual(impacts.causes(), []);
});

test('it is read again after events, two seconds after the last read, and after a while', async () => {
  const { portal, turn, happened, say, sync, want } = begin();
  assert.equal(await want(minute), 1);
  assert.equal(await want(2 * minute), 1);
  say('message', { type: 'status.changed' });
  assert.equal(await want(2 * minute), 1, 'probes that change nothing of it');
  say('message', { type: 'impact.changed' });
  assert.equal(await want(2 * minute), 2);
  for (let i = 0; i < 5; i++) {
    say('message', { type: 'service.updated' });
    assert.equal(await want(2 * minute + 100 * i), 2, 'however much happens');
  }
  assert.equal(await want(2 * minute + 2_000), 3);
  turn('down', 'shop');
  assert.equal(await want(3 * minute), 4);
  say('state', { mode: 'polling' }, sync);
  assert.equal(await want(4 * minute), 5);
  say('live', { fresh: false });
  assert.equal(await want(5 * minute), 5);
  say('live', { fresh: true });
  assert.equal(await want(5 * minute), 6);
  assert.equal(await want(8 * minute), 7, 'others are on call');
  assert.equal(happened.changes, 1, 'nothing was new');
  assert.deepEqual(portal.reads.slice(0, 2), [
    ['', null],
    ['', '1'],
  ]);
});

test('what changes during a read is read after it', async () => {
  const { impacts, portal, say, want } = begin();
  impacts.want(minute);
  say('message', { type: 'impact.changed' });
  await settle();
  assert.equal(await want(minute + 2_000), 2);
  assert.equal(portal.reads.length, 2);
});

test('what was known stays while it cannot be read, and it is asked for again', async () => {
  const { impacts, portal, say, want } = begin();
  await want(minute);
  portal.fails = true;
  say('message', { type: 'impact.changed' });
  await want(2 * minute);
  assert.equal(impacts.of('ledger').causes.length, 1);
  assert.equal(await want(2 * minute + 5_000), 2);
  portal.fails = false;
  assert.equal(await want(2 * minute + 15_000), 3);
});

test('at a moment of the past it is that of then, read once', async () => {
  const { impacts, portal, store, say, want } = begin('healthy');
  await want(minute);
  const then = new Store();
  impacts.show('2026-11-01T00:00:00Z', then);
  portal.found = found;
  assert.equal(await want(2 * minute), 0, 'the services are not known yet');
  then.replaceAll([service({ id: 'db', name: 'db', status: 'down' })]);
  assert.equal(await want(2 * minute), 1);
  assert.deepEqual(portal.reads, [['2026-11-01T00:00:00Z', null]]);
  assert.equal(impacts.of('shop').causes.length, 1);
  say('message', { type: 'impact.changed' });
  assert.equal(await want(600 * minute), 1);
  impacts.show('', store);
  assert.equal(impacts.of('shop'), undefined);
  assert.equal(await want(601 * minute), 1);
});

test('an answer about a moment that is not shown any more is dropped', async () => {
  const { impacts, portal, store } = begin();
  impacts.want();
  impacts.show('2026-11-01T00:00:00Z', store);
  await settle();
  await settle();
  assert.deepEqual(
    portal.reads.map(([at]) => at),
    ['', '2026-11-01T00:00:00Z'],
  );
});

test('words say what fell, since when, and whom it hits', () => {
  const [cause] = found.causes;
  const db = service({ id: 'db', name: 'Payments DB', status: 'down' });
  const now = Date.parse('2026-01-01T00:04:10Z');
  assert.equal(fell(db, now), 'down 4 min');
  assert.equal(fell({ ...db, status_since: null }, now), 'down');
  assert.equal(whom(cause), '2 services of one team');
  assert.equal(whom({ hits: 1, teams: [{ team: null, services: 1 }] }), '1 service');
  const teams = ['Shop', 'Search', null].map((team) => ({ team, services: 500 }));
  assert.equal(whom({ hits: 1500, teams }), '1,500 services of 2 teams');
  assert.equal(news({ ...cause, service: db }), 'Payments DB hits 2 services of one team.');
  const near = { service: db, hops: 1, via: { id: 'db', name: 'Payments DB' } };
  const far = { service: service({ name: 'mail', status: 'degraded' }), hops: 3, via: { id: 'x', name: 'Ledger' } };
  assert.equal(
    described({ causes: [near, far], more: true }, now, (name) => `<${name}>`),
    'Needs <Payments DB> (down 4 min); Needs <mail> (degraded 4 min), through <Ledger>; and more',
  );
});
