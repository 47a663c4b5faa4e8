import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actions, begin, pageSize } from '../public/lib/catalogue.js';
import { everything } from '../public/lib/view.js';

// after returns the state after actions, each given with its argument.
const after = (...done) => done.reduce((state, [name, detail]) => actions[name](state, detail), begin());

for (const [what, done, view] of [
  ['nothing', [], {}],
  ['a search', [['search', 'bill']], { q: 'bill' }],
  ['a filter after a search', [['search', 'bill'], ['filter', { kind: 'team', value: 'Core' }]], { q: 'bill', team: ['Core'] }], // biome-ignore format: a line each
  ['two teams', [['filter', { kind: 'team', value: 'Core' }], ['filter', { kind: 'team', value: 'Web' }]], { team: ['Core', 'Web'] }], // biome-ignore format: a line each
  ['the same tag again', [['filter', { kind: 'tag', value: 'go' }], ['filter', { kind: 'tag', value: 'go' }]], {}], // biome-ignore format: a line each
  ['another order', [['change', { sort: 'name' }]], { sort: 'name' }],
  ['clearing, which leaves the order', [['change', { sort: 'name', group: 'team' }], ['search', 'x'], ['filter', { kind: 'tag', value: 'go' }], ['clear']], { sort: 'name', group: 'team' }], // biome-ignore format: a line each
]) {
  test(`the view after ${what}`, () => assert.deepEqual(after(...done).view, { ...everything, ...view }));
}

test('another view starts at its first card, more of the same one does not', () => {
  assert.equal(after(['more'], ['more']).most, 3 * pageSize);
  assert.equal(after(['more'], ['search', 'x']).most, pageSize);
  assert.equal(after(['print']).most, 1000);
  assert.equal(after(['all'], ['print']).most, Number.POSITIVE_INFINITY);
  assert.equal(after(['all'], ['drawn']).most, Number.POSITIVE_INFINITY);
});

test('cards may move after an action, until the next render', () => {
  assert.equal(begin().fresh, true);
  assert.equal(after(['drawn']).fresh, false);
  assert.equal(after(['drawn'], ['more']).fresh, false);
  assert.equal(after(['drawn'], ['refresh']).fresh, true);
  assert.equal(after(['drawn'], ['filter', { kind: 'tag', value: 'go' }]).fresh, true);
});

test('actions do not modify the previous state', () => {
  const before = Object.freeze(begin());
  for (const [name, detail] of [['look', everything], ['search', 'x'], ['clear'], ['more'], ['drawn']]) {
    assert.notEqual(actions[name](before, detail), before);
  }
});
