import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitting } from '../public/lib/tags.js';

const many = Array.from({ length: 50 }, (_, i) => `tag${i}`);

test('few tags all fit', () => {
  for (const room of ['card', 'row', 'head']) {
    assert.equal(fitting([], room), 0);
    assert.equal(fitting(['go', 'payments', 'db'], room), 3);
  }
});

test('many tags fill their room, whose last line has room for how many more there are', () => {
  const [row, card, head] = ['row', 'card', 'head'].map((room) => fitting(many, room));
  assert.ok(row > 1 && row <= card && card < 6, `${row} and ${card}`);
  assert.ok(head > 3 * row && head < 30, String(head));
});

test('long tags take a line each, and one is always shown', () => {
  const long = many.map((tag) => tag + 'T'.repeat(60));
  assert.equal(fitting(long, 'row'), 1);
  assert.equal(fitting(long, 'card'), 1);
  assert.equal(fitting(long, 'head'), 3);
  assert.equal(fitting(['字'.repeat(63), '字'.repeat(63), '字'.repeat(63)], 'row'), 1);
});
