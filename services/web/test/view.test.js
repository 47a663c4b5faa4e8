import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everything, format, narrowed, parse, unfiltered } from '../public/lib/view.js';

test('a view equals the one parsed from its address', () => {
  const view = { q: 'a & b=ü', status: 'down', team: 'R&D', tag: 'c++', sort: 'name', group: 'team' };
  assert.deepEqual(parse(new URL(format(view), 'http://portal').search), view);
});

test('everything is the bare address', () => {
  assert.equal(format(everything), '/');
  assert.deepEqual(parse(''), { ...everything });
});

test('invalid values are ignored', () => {
  assert.deepEqual(parse('?status=on-fire&sort=colour&group=planet&x=1&q=ok'), { ...everything, q: 'ok' });
});

test('clearing keeps the order', () => {
  const view = { ...everything, q: 'x', tag: 'go', sort: 'name', group: 'team' };
  assert.deepEqual(unfiltered(view), { ...everything, sort: 'name', group: 'team' });
  assert.equal(narrowed(view), true);
  assert.equal(narrowed(unfiltered(view)), false);
  assert.equal(narrowed({ ...everything, q: '  ' }), false);
});
