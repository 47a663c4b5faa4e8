import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { icon, title } from '../public/lib/tab.js';

test('the title says how many are down, first', () => {
  assert.equal(title('', 0), 'Dev Portal');
  assert.equal(title('billing', 0), 'billing · Dev Portal');
  assert.equal(title('billing', 2), '2 down · billing · Dev Portal');
  assert.equal(title('', 1200), '1,200 down · Dev Portal');
});

test('the title of a moment says it, and not what is down now', () => {
  assert.equal(title('billing', 2, 'Sat 14 Mar, 02:10'), 'Sat 14 Mar, 02:10 · billing · Dev Portal');
  assert.ok(existsSync(new URL('../public/favicons/past.svg', import.meta.url)));
});

test('there is an icon for each number', () => {
  assert.equal(icon(0), '/favicon.svg');
  assert.equal(icon(10), '/favicons/more.svg');
  for (let n = 0; n <= 11; n++) assert.ok(existsSync(new URL(`../public${icon(n)}`, import.meta.url)), icon(n));
});
