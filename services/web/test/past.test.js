import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turns } from 'node:timers/promises';
import { Past } from '../public/lib/past.js';
import { service } from './service.js';

const now = Date.parse('2026-03-16T09:30:30Z');

// answers is an API whose lists come when the test lets them: lists has [moment, answer, fail].
function answers({ begin = '2026-01-01T00:00:00Z' } = {}) {
  const lists = [];
  const asked = [];
  const around = [];
  return {
    lists,
    around,
    asked,
    listAt: (at) => new Promise((answer, fail) => lists.push([at, answer, fail])),
    falls: async (from, to) => {
      asked.push([from, to]);
      return { items: [], begin };
    },
    fallsAround: (at) => new Promise((answer) => around.push([at, answer])),
    strips: async (ids, to) => ({ items: ids.map((id) => ({ id, strip: to })), to }),
  };
}

function looking(api) {
  const past = new Past(api, { now: () => now });
  const told = [];
  past.addEventListener('change', () => told.push(past.mode));
  return { past, told };
}

const place = (search) => ({ pathname: '/', search });
const names = (past) => past.store.values().map(({ name }) => name);

test('an address with a moment shows the services of then, one without shows the present', async () => {
  const api = answers();
  const { past } = looking(api);
  past.arrive(place(''));
  assert.equal(past.on, false);
  assert.equal(past.keep('/services/a'), '/services/a');
  assert.equal(past.keep('/?at=2026-03-13T00:00:00Z'), '/?at=2026-03-13T00:00:00Z');

  past.arrive(place('?at=2026-03-14T02:10:00Z'));
  assert.deepEqual(
    [past.on, past.mode, past.connection.at, past.text],
    [true, 'loading', null, '2026-03-14T02:10:00Z'],
  );
  assert.equal(past.keep('/services/a'), '/services/a?at=2026-03-14T02:10:00Z');
  assert.equal(past.keep('/?at=2026-03-13T00:00:00Z'), '/?at=2026-03-13T00:00:00Z');
  api.lists[0][1]({ items: [service({ name: 'then' })], knownFrom: '2026-03-15T00:00:00Z' });
  await turns();
  assert.deepEqual([past.mode, names(past), past.knownFrom], ['past', ['then'], '2026-03-15T00:00:00Z']);
  assert.equal(past.connection.at.getTime(), past.at);

  past.arrive(place(''));
  assert.deepEqual([past.on, names(past), past.connection.at], [false, [], null]);
});

test('while one drags, only the last moment is read after the one under way', async () => {
  const api = answers();
  const { past } = looking(api);
  past.arrive(place('?at=2026-03-14T02:10:00Z'));
  api.lists[0][1]({ items: [service({ name: 'first' })], knownFrom: '' });
  await turns();
  for (const minute of ['11', '12', '13']) past.arrive(place(`?at=2026-03-14T02:${minute}:00Z`));
  assert.deepEqual([past.mode, names(past)], ['loading', ['first']]);
  api.lists[1][1]({ items: [service({ name: 'overtaken' })], knownFrom: '' });
  await turns();
  assert.deepEqual([past.mode, names(past)], ['loading', ['first']]);
  api.lists[2][1]({ items: [service({ name: 'last' })], knownFrom: '' });
  await turns();
  assert.deepEqual(
    api.lists.map(([at]) => at.slice(14, 16)),
    ['10', '11', '13'],
  );
  assert.deepEqual([past.mode, names(past)], ['past', ['last']]);
});

test('of a moment that cannot be read nothing is shown, and it can be tried again', async () => {
  const api = answers();
  const { past } = looking(api);
  past.arrive(place('?at=2026-03-14T02:10:00Z'));
  api.lists[0][1]({ items: [service({ name: 'first' })], knownFrom: '' });
  await turns();
  past.arrive(place('?at=2020-03-14T02:10:00Z'));
  api.lists[1][2](Object.assign(new Error('Not valid.'), { errors: [{ message: 'Too early.' }] }));
  await turns();
  assert.deepEqual([past.mode, past.why, names(past), past.connection.at], ['offline', 'Too early.', [], null]);
  past.retry();
  assert.equal(past.mode, 'loading');
  api.lists[2][2](new Error('Away.'));
  await turns();
  assert.equal(past.why, 'Away.');
});

test('what is no time asks for nothing, and says so', () => {
  const api = answers();
  const { past, told } = looking(api);
  past.arrive(place('?at=yesterday'));
  assert.deepEqual([past.on, past.text, past.mode, api.lists.length, told], [true, '', 'offline', 0, ['offline']]);
  past.retry();
  past.tick();
  past.arrive(place('?at=yesterday'));
  assert.equal(api.lists.length + api.asked.length, 0);
});

test('falls are read once for the span of the slider, which begins with the record', async () => {
  const api = answers({ begin: '2026-03-14T00:00:30Z' });
  const { past } = looking(api);
  past.arrive(place('?at=2026-03-14T02:10:00Z'));
  await turns();
  assert.deepEqual(api.asked, [['2026-03-09T09:30:30Z', '2026-03-16T09:30:30Z']]);
  assert.equal(new Date(past.span.from).toISOString(), '2026-03-14T00:00:30.000Z');
  past.arrive(place('?at=2026-03-14T03:10:00Z'));
  past.tick();
  await turns();
  assert.equal(api.asked.length, 1);
});

test('the nearest falls are those of the moment that is shown, whole seconds', async () => {
  const api = answers();
  const { past } = looking(api);
  past.arrive(place('?at=2026-03-14T02:10:00Z'));
  assert.deepEqual(past.around, {});
  past.arrive(place('?at=2026-03-14T02:11:00Z'));
  api.around[1][1]({ before: '2026-03-10T02:09:59.000001Z', after: null });
  api.around[0][1]({ before: null, after: '2026-03-14T02:10:30Z' }); // it was overtaken
  await turns();
  assert.deepEqual(past.around, { before: Date.parse('2026-03-10T02:10:00Z'), after: null });
  past.arrive(place('?at=2026-03-10T02:10:00Z'));
  assert.deepEqual(past.around, {});
  assert.deepEqual(
    api.around.map(([at]) => at.slice(0, 16)),
    ['2026-03-14T02:10', '2026-03-14T02:11', '2026-03-10T02:10'],
  );
});

test('one begins an hour ago, or where the record does', async () => {
  for (const [begin, want] of [
    ['2026-01-01T00:00:00Z', now - 3_600_000],
    ['2026-03-16T09:20:00.5Z', Date.parse('2026-03-16T09:20:01Z')],
    [null, now - 3_600_000],
  ]) {
    const { past } = looking(answers({ begin }));
    assert.equal(await past.begin(), want);
  }
});

test('strips are those of the 24 hours before the moment', async () => {
  const api = answers();
  const { past } = looking(api);
  past.arrive(place('?at=2026-03-14T02:10:00Z'));
  api.lists[0][1]({ items: [service({ id: 'a' })], knownFrom: '' });
  await turns();
  await past.strips.want(['a'], past.at);
  assert.equal(past.strips.get({ id: 'a', status: 'healthy' }), '2026-03-14T02:10:00Z');
});
