import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  asText,
  candidates,
  difference,
  entries,
  named,
  neededBy,
  needs,
  same,
  written,
} from '../public/lib/dependencies.js';
import { Store } from '../public/lib/store.js';
import { names, service } from './service.js';

const entry = (fields) => ({ id: 'db', name: 'db', kind: 'hard', note: '', ...fields });

function filled(...services) {
  const store = new Store();
  for (const fields of services) store.put(service(fields));
  return store;
}

test('REST and events name a needed service each in its way, and an unknown kind counts as hard', () => {
  assert.deepEqual(entries(undefined), []);
  assert.deepEqual(
    entries([
      { id: 'a', name: 'A', kind: 'soft', note: null, missing: true },
      { service_id: 'b', name: 'B', kind: 'firm', note: 'n' },
    ]),
    [entry({ id: 'a', name: 'A', kind: 'soft' }), entry({ id: 'b', name: 'B', note: 'n' })],
  );
});

const pairs = {
  'a new name is no change': [{ name: 'db' }, { name: 'database' }, true],
  'blanks around a note are none': [{ note: 'n' }, { note: ' n ' }, true],
  'another kind is one': [{}, { kind: 'soft' }, false],
  'another note is one': [{}, { note: 'n' }, false],
  'without ids the names decide': [{ id: '', name: 'DB' }, { id: '', name: 'db' }, true],
  'an id is not a name': [{ id: '' }, {}, false],
};
for (const [name, [a, b, want]] of Object.entries(pairs)) {
  test(`same: ${name}`, () => assert.equal(same(entry(a), entry(b)), want));
}

test('an entry is sent by its id, or by the name that somebody typed', () => {
  assert.deepEqual(written([entry({ note: ' n ' }), entry({ id: '', name: 'mail', kind: 'soft' })]), [
    { id: 'db', kind: 'hard', note: 'n' },
    { name: 'mail', kind: 'soft', note: null },
  ]);
});

test('an entry is said as the trail says it', () => {
  assert.equal(asText(entry({})), 'db');
  assert.equal(asText(entry({ kind: 'soft', note: 'n' })), 'db (soft): n');
});

test('what a service needs has its status and its name of now, the worst first and what is gone last', () => {
  const store = filled(
    { id: 'ok', name: 'z now' },
    { id: 'bad', name: 'bad', status: 'down' },
    {
      id: 'self',
      name: 'self',
      depends_on: [entry({ id: 'gone', name: 'old' }), entry({ id: 'ok', name: 'z' }), entry({ id: 'bad' })],
    },
  );
  const rows = needs(store.get('self'), store);
  assert.deepEqual(names(rows), ['bad', 'z now', 'old']);
  assert.deepEqual(
    rows.map((row) => row.service?.status),
    ['down', 'healthy', undefined],
  );
});

test('who needs a service is found in all of them, with what they said', () => {
  const store = filled(
    { id: 'db', name: 'db' },
    { id: 'a', name: 'a', depends_on: [entry({ kind: 'soft', note: 'n' })] },
    { id: 'b', name: 'b', status: 'degraded', depends_on: [{ service_id: 'db', name: 'db', kind: 'hard' }] },
    { id: 'c', name: 'c', depends_on: [entry({ id: 'a' })] },
  );
  const rows = neededBy(store.get('db'), store.values());
  assert.deepEqual(
    rows.map(({ id, name, kind, note }) => [id, name, kind, note]),
    [
      ['b', 'b', 'hard', ''],
      ['a', 'a', 'soft', 'n'],
    ],
  );
  store.put(service({ id: 'b', name: 'b', version: 2 }));
  assert.deepEqual(names(neededBy(store.get('db'), store.values())), ['a']);
});

test('a service is found by words of its name, and none that is taken', () => {
  const all = ['Payments DB', 'Payments', 'Mail', 'Übersicht'].map((name) => service({ id: name, name }));
  const found = (typed, ...taken) => names(candidates(all, typed, new Set(taken)));
  assert.deepEqual(found('pay'), ['Payments', 'Payments DB']);
  assert.deepEqual(found('db pay'), ['Payments DB']);
  assert.deepEqual(found('pay', 'Payments'), ['Payments DB']);
  assert.deepEqual(found(' '), ['Mail', 'Payments', 'Payments DB', 'Übersicht']);
  assert.deepEqual(found('none'), []);
  assert.equal(candidates(all, '', new Set(), 2).length, 2);
});

test('a name that is typed means its service, whatever its case', () => {
  const all = [service({ id: 'db', name: 'Payments DB' })];
  assert.deepEqual(named(all, ' payments db '), entry({ name: 'Payments DB' }));
  assert.deepEqual(named(all, 'payments'), entry({ id: '', name: 'payments' }));
});

const changes = {
  'all that is new': [null, ['db', 'mail (soft)'], 'needs <db> · needs <mail (soft)>'],
  'all that is gone': [['db'], null, 'no longer needs <db>'],
  both: [['db', 'mail'], ['mail', 'redis (soft): cache'], 'needs <redis (soft): cache> · no longer needs <db>'],
  'another kind or note of one': [['db: a', 'mail'], ['db (soft): b', 'mail'], 'needs <db (soft): b>, before <db: a>'],
  'the order alone': [['a', 'b'], ['b', 'a'], 'in another order'],
  'names with a colon': [['x: a', 'x: b'], ['x: c'], 'needs <x: c> · no longer needs <x: a> · no longer needs <x: b>'],
};
for (const [name, [before, after, want]] of Object.entries(changes)) {
  test(`difference: ${name}`, () => {
    const words = difference(before, after).map((part) => (typeof part === 'string' ? part : `<${part.name}>`));
    assert.equal(words.join(''), want);
  });
}
