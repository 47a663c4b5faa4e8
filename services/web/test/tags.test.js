import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitting } from '../public/lib/tags.js';

test('few tags all fit', () => {
  assert.equal(fitting([]), 0);
  assert.equal(fitting(['go', 'payments', 'tier-1']), 3);
});

test('many tags fill two lines', () => {
  const fits = fitting(Array.from({ length: 50 }, (_, i) => `tag${i}`));
  assert.ok(fits > 4 && fits < 15, String(fits));
});

test('long tags take a line each, and one is always shown', () => {
  const long = Array.from({ length: 50 }, (_, i) => `${i}${'T'.repeat(60)}`);
  assert.equal(fitting(long), 2);
  assert.equal(fitting(['字'.repeat(63), '字'.repeat(63), '字'.repeat(63)]), 2);
});
