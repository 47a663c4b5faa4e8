import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everything, format, narrowed, parse, unfiltered } from '../public/lib/view.js';

test('a view equals the one parsed from its address', () => {
  const view = {
    q: 'a & b=ü',
    status: ['down', 'healthy'],
    team: ['R&D', 'Ops, and more'],
    tag: ['c++'],
    sort: 'name',
    group: 'team',
    layout: 'rows',
  };
  assert.deepEqual(parse(new URL(format(view), 'http://portal').search), view);
});

test('everything is the bare address', () => {
  assert.equal(format(everything), '/');
  assert.deepEqual(parse(''), { ...everything });
});

test('invalid values are ignored', () => {
  assert.deepEqual(parse('?status=on-fire&sort=colour&group=planet&view=pie&team=&x=1&q=ok', 'tiles'), {
    ...everything,
    q: 'ok',
  });
});

test('a value counts once, and an address has so many', () => {
  assert.deepEqual(parse('?team=a&team=b&team=a').team, ['a', 'b']);
  assert.equal(parse(`?${Array.from({ length: 80 }, (_, i) => `tag=${i}`).join('&')}`).tag.length, 50);
});

test('an address that names no layout has the remembered one', () => {
  assert.equal(parse('?q=x', 'rows').layout, 'rows');
  assert.equal(parse('?view=cards', 'rows').layout, 'cards');
  assert.equal(parse('?view=rows', 'cards').layout, 'rows');
});

test('clearing keeps the order', () => {
  const view = { ...everything, q: 'x', tag: ['go'], sort: 'name', group: 'team', layout: 'rows' };
  assert.deepEqual(unfiltered(view), { ...everything, sort: 'name', group: 'team', layout: 'rows' });
  assert.equal(narrowed(view), true);
  assert.equal(narrowed(unfiltered(view)), false);
  assert.equal(narrowed({ ...everything, q: '  ' }), false);
});
