import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Calls, often } from '../public/lib/calls.js';

const words = [
  [0, ''],
  [0.4, 'less than once a minute'],
  [1, 'once a minute'],
  [1.02, 'once a minute'],
  [2.34, '2.3 times a minute'],
  [12.5, '13 times a minute'],
  [4321.2, '4,321 times a minute'],
];

for (const [perMinute, want] of words) test(`${perMinute} calls a minute`, () => assert.equal(often(perMinute), want));

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('calls are read anew without their list while nothing changed, and are none of the past', async () => {
  const asked = [];
  const answers = [
    { found: [{ from: 'a', to: 'b' }], etag: '"1"' },
    { found: null, etag: '"1"' },
  ];
  const api = {
    async calls(etag) {
      asked.push(etag);
      return answers.shift();
    },
  };
  const calls = new Calls({ api, live: new EventTarget(), sync: new EventTarget() });
  let changes = 0;
  calls.addEventListener('change', () => changes++);
  for (const now of [10_000, 20_000, 400_000]) {
    calls.want(now);
    await settle();
  }
  assert.deepEqual(asked, [null, '"1"']);
  assert.equal(changes, 1);
  assert.equal(calls.list.length, 1);
  calls.show('2026-03-14T10:00:00Z');
  calls.want(500_000);
  await settle();
  assert.equal(asked.length, 2);
  assert.deepEqual(calls.list, []);
});
