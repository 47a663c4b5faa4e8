import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hold, steady } from '../public/lib/steady.js';
import { names, service } from './service.js';

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => service({ name, id: name }));
const all = new Map([a, b, c, d].map((each) => [each.id, each]));
const find = (id) => all.get(id);

test('existing cards stay in place, and new ones come last', () => {
  assert.deepEqual(names(steady(['c', 'a'], [a, b, c, d], find)), ['c', 'a', 'b', 'd']);
});

test('a card that no longer fits stays until the pointer is gone', () => {
  assert.deepEqual(names(steady(['c', 'a', 'b'], [b, a], find)), ['c', 'a', 'b']);
});

test('a deleted card is removed', () => {
  assert.deepEqual(names(steady(['gone', 'b'], [a, b], find)), ['b', 'a']);
});

test('a hold ends when the pointer leaves, and when it stays idle', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const element = new EventTarget();
  const hold = new Hold();
  let released = 0;
  hold.addEventListener('release', () => released++);
  hold.watch(element);
  element.dispatchEvent(new Event('pointerover'));
  assert.equal(hold.held, true);
  element.dispatchEvent(new Event('pointerleave'));
  assert.deepEqual([hold.held, released], [false, 1]);
  element.dispatchEvent(new Event('pointerleave'));
  assert.equal(released, 1);

  element.dispatchEvent(new Event('pointermove'));
  t.mock.timers.tick(9_000);
  element.dispatchEvent(new Event('pointermove'));
  t.mock.timers.tick(9_000);
  assert.equal(hold.held, true);
  t.mock.timers.tick(1_000);
  assert.deepEqual([hold.held, released], [false, 2]);
});
