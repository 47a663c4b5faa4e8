import assert from 'node:assert/strict';
import { test } from 'node:test';
import { causeOf, spread } from '../public/lib/spread.js';
import { service } from './service.js';

const at = (minutes, seconds = 0) => new Date(Date.UTC(2026, 0, 1, 14, minutes, seconds)).toISOString();

const one = (id, status, since) => service({ id, name: id, status, status_since: since });

// over returns impacts of a database that hits the services with these ids, and of a cache that hits one.
function over(db, ...ids) {
  const causes = [
    { id: 'db', hits: ids.length, service: db },
    { id: 'cache', hits: 1, service: one('cache', 'degraded', at(0)) },
  ];
  const hit = new Map(ids.map((id) => [id, { causes: [causes[0]] }]));
  hit.set('page', { causes: [causes[1]] });
  return {
    causes: () => causes,
    cause: (id) => causes.find((cause) => cause.id === id),
    of: (id) => hit.get(id),
  };
}

const told = (steps) => steps.map(({ status, services }) => [status, services.map(({ id }) => id).join(' ')]);

test('a fall spread by minutes, the cause by itself', () => {
  const db = one('db', 'down', at(2, 10));
  const services = [
    one('shop', 'degraded', at(4)),
    one('ledger', 'down', at(2, 50)),
    one('billing', 'degraded', at(3, 5)),
    one('refunds', 'degraded', at(3, 55)),
    one('early', 'degraded', at(1, 40)),
    one('ill', 'down', at(-30)),
    one('well', 'healthy', at(3)),
    one('page', 'degraded', at(3)),
    db,
  ];
  const impacts = over(db, 'shop', 'ledger', 'billing', 'refunds', 'early', 'ill', 'well');
  assert.deepEqual(told(spread(impacts.cause('db'), services, impacts)), [
    ['degraded', 'early'],
    ['down', 'db'],
    ['down', 'ledger'],
    ['degraded', 'billing refunds'],
    ['degraded', 'shop'],
  ]);
});

test('of a cause whose time is not known only itself is known', () => {
  const db = one('db', 'down', null);
  const impacts = over(db, 'shop');
  assert.deepEqual(told(spread(impacts.cause('db'), [one('shop', 'down', at(3))], impacts)), [['down', 'db']]);
});

test('a graph is about its focus, what hits that, or what hits most', () => {
  const impacts = over(one('db', 'down', at(2)), 'shop');
  const about = (focus, ...ids) =>
    causeOf({ focus: focus && { id: focus }, byID: new Map(ids.map((id) => [id, {}])) }, impacts)?.id;
  assert.equal(about('db', 'db', 'shop'), 'db');
  assert.equal(about('shop', 'shop'), 'db');
  assert.equal(about('page', 'page'), 'cache');
  assert.equal(about('other', 'other', 'db'), undefined);
  assert.equal(about(undefined, 'page', 'cache', 'db'), 'db');
  assert.equal(about(undefined, 'page', 'cache'), 'cache');
  assert.equal(about(undefined, 'page'), undefined);
});
