import assert from 'node:assert/strict';
import { test } from 'node:test';
import { around, filters, format, parse, toggled, whole } from '../public/lib/graph-view.js';

const views = {
  'the whole graph': ['/graph', {}],
  'a focus': ['/graph?focus=a', { focus: 'a' }],
  'a distance': ['/graph?focus=a&hops=1', { focus: 'a', hops: 1 }],
  'any distance': ['/graph?focus=a&hops=all', { focus: 'a', hops: 0 }],
  'filters and teams': [
    '/graph?kind=hard&by=team&open=A+%26+B&q=x+y&status=down&status=degraded&team=A+%26+B&tag=go',
    { kind: 'hard', by: 'team', open: ['A & B'], q: 'x y', status: ['down', 'degraded'], team: ['A & B'], tag: ['go'] },
  ],
};

for (const [what, [address, fields]] of Object.entries(views)) {
  test(`an address has ${what}, and says it again`, () => {
    const view = parse(address.split('?')[1] ?? '');
    assert.deepEqual(view, { ...whole, ...fields });
    assert.equal(format(view), address);
  });
}

test('what an address cannot mean is ignored', () => {
  assert.deepEqual(parse('?hops=17&kind=firm&by=tag&status=fine&status=down&team=&at=x'), {
    ...whole,
    status: ['down'],
  });
  assert.equal(parse('?hops=').hops, 2);
  assert.equal(
    parse(`?${'team=a&'.repeat(200)}${Array.from({ length: 80 }, (_, i) => `team=${i}&`).join('')}`).team.length,
    50,
  );
});

test('the graph around a service, and values that come and go', () => {
  assert.equal(around('a'), '/graph?focus=a');
  assert.equal(around('a', 0), '/graph?focus=a&hops=all');
  const view = toggled(toggled(whole, 'team', 'A'), 'team', 'B');
  assert.deepEqual([view.team, toggled(view, 'team', 'A').team], [['A', 'B'], ['B']]);
  assert.equal(filters({ ...view, q: ' x ', status: ['down'] }), 4);
  assert.equal(filters(whole), 0);
});
