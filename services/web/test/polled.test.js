import assert from 'node:assert/strict';
import test from 'node:test';
import { Polled } from '../public/lib/polled.js';

// watch returns a Polled whose reads the test answers, and what it showed.
function watch() {
  const reads = [];
  const shown = [];
  const polled = new Polled(
    (thing) => new Promise((resolve, reject) => reads.push({ thing, resolve, reject })),
    (answer, failure) => shown.push(failure || answer),
  );
  return { polled, reads, shown };
}

test('it reads at once, soon after a change, and now and then', async () => {
  const { polled, reads, shown } = watch();
  await polled.tick(0);
  assert.equal(reads.length, 0, 'of nothing');
  polled.of('a', '1');
  const first = polled.tick(1000);
  polled.again();
  await polled.tick(9000);
  assert.equal(reads.length, 1, 'one at a time');
  reads[0].resolve('A');
  await first;
  assert.deepEqual(shown, [null, 'A']);

  polled.of('a', '1');
  polled.of('a', '2');
  await polled.tick(2000);
  assert.equal(reads.length, 1, 'not so soon');
  const second = polled.tick(3000);
  assert.equal(reads.length, 2, 'after a change');
  reads[1].resolve('A2');
  await second;
  await polled.tick(62_000);
  assert.equal(reads.length, 2, 'while nothing happens');
  void polled.tick(63_000);
  assert.equal(reads.length, 3, 'now and then');
});

test('it reads the next thing after the one that is being read', async () => {
  const { polled, reads, shown } = watch();
  polled.of('a');
  const all = polled.tick(0);
  polled.of('b');
  reads[0].resolve('A');
  while (reads.length < 2) await Promise.resolve();
  reads[1].resolve('B');
  await all;
  assert.deepEqual(shown, [null, null, 'B'], 'an answer about another thing is not shown');
  polled.of('');
  await polled.tick(1e9);
  assert.equal(reads.length, 2);
});

test('it says a failure, and tries again', async () => {
  const { polled, reads, shown } = watch();
  polled.of('a');
  const first = polled.tick(0);
  reads[0].reject(new Error('no'));
  await first;
  assert.deepEqual(shown, [null, 'no']);
  await polled.tick(14_999);
  assert.equal(reads.length, 1);
  void polled.tick(15_000);
  assert.equal(reads.length, 2);
});
