import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Layout } from '../public/lib/layout.js';
import { size } from '../public/lib/node-size.js';
import { Placing } from '../public/lib/placing.js';
import { layered } from '../public/worker/layered.js';

const edge = (from, to) => ({ id: `${from} > ${to}`, from, to });

// tiers makes a graph of n services in tiers, each of which needs some of those below it.
function tiers(n, tier = 12) {
  const nodes = Array.from({ length: n }, (_, i) => `n${i}`);
  const edges = [];
  for (let i = tier; i < n; i++) {
    for (const step of [0, 5, i % 3 === 0 ? tier + 3 : 2]) {
      const to = Math.max(0, i - tier - step);
      if (!edges.some(({ id }) => id === edge(nodes[i], nodes[to]).id)) edges.push(edge(nodes[i], nodes[to]));
    }
  }
  return { nodes, edges };
}

test('each node is left of what it needs, and no two overlap', () => {
  const graph = tiers(60);
  const { places, lines } = layered(graph);
  assert.equal(places.size, 60);
  for (const { id, from, to } of graph.edges) {
    assert.ok(places.get(from).x + size.width < places.get(to).x, id);
    const points = lines.get(id);
    assert.deepEqual(points[0], [places.get(from).x + size.width / 2, places.get(from).y]);
    assert.deepEqual(points.at(-1), [places.get(to).x - size.width / 2, places.get(to).y]);
    assert.equal(points.length % 2, 0);
  }
  const all = [...places.values()];
  for (const [i, a] of all.entries()) {
    for (const b of all.slice(i + 1)) assert.ok(a.x !== b.x || Math.abs(a.y - b.y) >= size.height);
  }
});

test('no line goes through a box', () => {
  const graph = tiers(60);
  const { places, lines } = layered(graph);
  for (const { id, from, to } of graph.edges) {
    const points = lines.get(id);
    for (let i = 2; i < points.length; i += 2) {
      const [x, y] = points[i - 1];
      for (const [node, at] of places) {
        if (node === from || node === to || at.x !== x + size.width / 2) continue;
        assert.ok(Math.abs(at.y - y) >= size.height / 2, `${id} and ${node}`);
      }
    }
  }
});

test('one need more moves little, and nothing changes its order', () => {
  const graph = tiers(60);
  const before = layered(graph);
  const { places: after } = layered({ ...graph, edges: [...graph.edges, edge('n40', 'n3')] }, before);
  const rows = (places) => (a, b) => places.get(a).x === places.get(b).x && places.get(a).y < places.get(b).y;
  const [was, is] = [rows(before.places), rows(after)];
  for (const a of graph.nodes) for (const b of graph.nodes) if (was(a, b)) assert.ok(!is(b, a), `${a} and ${b}`);
  const still = graph.nodes.filter((id) => Math.abs(before.places.get(id).y - after.get(id).y) < size.height);
  assert.ok(still.length > 30, `only ${still.length} of 60 stayed where they were`);
});

test('the same graph is placed in the same way, whatever came before', () => {
  const graph = tiers(40);
  assert.deepEqual(layered(graph), layered(graph));
  assert.deepEqual(layered(graph, layered(graph)).places, layered(graph).places);
});

test('a new node and one that is gone leave the others in their order', () => {
  const before = layered({ nodes: ['a', 'b', 'c', 'z'], edges: [edge('a', 'z'), edge('b', 'z'), edge('c', 'z')] });
  const edges = [edge('a', 'z'), edge('c', 'z'), edge('new', 'z')];
  const { places } = layered({ nodes: ['a', 'c', 'new', 'z'], edges }, before);
  const order = (of) => Math.sign(of.get('a').y - of.get('c').y);
  assert.equal(order(places), order(before.places));
});

test('a cycle, parts without a path between them, and nodes alone are placed', () => {
  const edges = [edge('a', 'b'), edge('b', 'c'), edge('c', 'a'), edge('x', 'y')];
  const graph = { nodes: ['a', 'alone', 'b', 'c', 'x', 'y'], edges };
  const { places, lines, bends } = layered(graph);
  assert.equal(places.size, 6);
  const [back] = edges.filter(({ from, to }) => places.get(from).x > places.get(to).x);
  assert.equal(lines.get(back.id)[0][0], places.get(back.from).x - size.width / 2, 'it leaves its box on the left');
  assert.deepEqual(layered(graph, { places, bends }).places, places);
  assert.deepEqual(layered({ nodes: [], edges: [] }).places, new Map());
});

test('few edges cross where none has to', () => {
  const nodes = ['a1', 'a2', 'a3', 'b1', 'b2', 'b3'];
  const { places } = layered({ nodes, edges: [edge('a1', 'b3'), edge('a2', 'b2'), edge('a3', 'b1')] });
  const order = (letter) => ['1', '2', '3'].sort((i, j) => places.get(letter + i).y - places.get(letter + j).y);
  assert.deepEqual(
    order('a'),
    order('b').map((i) => String(4 - Number(i))),
  );
});

// worker is one that answers when it is told to.
function worker() {
  const made = { jobs: [], ended: false };
  made.postMessage = (job) => made.jobs.push(job);
  made.terminate = () => {
    made.ended = true;
  };
  made.answer = () => made.onmessage({ data: `placed ${made.jobs.at(-1).graph}` });
  return made;
}

test('one graph is placed at a time, and of those that wait the newest', async () => {
  const made = worker();
  const layout = new Layout(() => made);
  const [first, second, third] = ['one', 'two', 'three'].map((graph) => layout.place(graph));
  assert.equal(made.jobs.length, 1);
  assert.equal(await second, null);
  made.answer();
  assert.equal(await first, 'placed one');
  made.answer();
  assert.equal(await third, 'placed three');
  assert.equal(made.jobs.length, 2);
});

test('a worker that ends leaves nobody waiting, and a new one is made', async () => {
  const made = [];
  const layout = new Layout(() => made[made.push(worker()) - 1]);
  const waiting = [layout.place('one'), layout.place('two')];
  layout.end();
  assert.deepEqual(await Promise.all(waiting), [null, null]);
  assert.ok(made[0].ended);
  const next = layout.place('three');
  made[1].answer();
  assert.equal(await next, 'placed three');
});

test('a worker can be made before there is a graph', async () => {
  const made = [];
  const layout = new Layout(() => made[made.push(worker()) - 1]);
  layout.prepare();
  layout.prepare();
  const placed = layout.place('one');
  assert.deepEqual([made.length, made[0].jobs.length], [1, 1]);
  made[0].answer();
  assert.equal(await placed, 'placed one');
  layout.end();
  layout.prepare();
  made[1].onerror({ message: 'broken' });
  void layout.place('two');
  assert.equal(made.length, 3, 'one that failed meanwhile is made again');
});

test('a worker that fails, or cannot start, is said', async () => {
  const made = worker();
  const layout = new Layout(() => made);
  const failing = layout.place('one');
  const waiting = layout.place('two');
  made.onerror({ message: 'broken' });
  await assert.rejects(failing, /broken/);
  assert.equal(await waiting, null);
  assert.ok(made.ended);
  const refused = new Layout(() => {
    throw new Error('not allowed');
  });
  refused.prepare();
  await assert.rejects(refused.place('one'), /not allowed/);
});

// graphOf makes a graph as lib/graph.js does, of nodes with these ids.
const graphOf = (...ids) => [{ nodes: ids.map((id) => ({ id, status: 'healthy' })), edges: [] }, ids.join('\n')];

test('a graph is placed again where it differs, from where it was', async () => {
  const asked = [];
  const layout = {
    place: async ({ nodes }, former) => {
      asked.push([nodes.join(' '), former?.places]);
      return { places: `places of ${nodes.join(' ')}`, bends: 'bends', lines: 'lines' };
    },
    end: () => {},
  };
  const placing = new Placing(layout);
  const [one, two] = [graphOf('a'), graphOf('a', 'b')];
  assert.equal(await placing.place(...one), true);
  assert.equal(await placing.place(...one), false);
  assert.equal(placing.of(one[1]).lines, 'lines');
  assert.equal(placing.of(two[1]), undefined);
  assert.equal(await placing.place(...two), true);
  assert.equal(await placing.place(...one, false), true);
  placing.end();
  assert.equal(placing.of(one[1]), undefined);
  assert.equal(await placing.place(...one), true);
  assert.deepEqual(asked, [
    ['a', undefined],
    ['a b', 'places of a'],
    ['a', undefined],
    ['a', undefined],
  ]);
});

test('of two graphs the newer one is placed, and one that failed is asked for again', async () => {
  const made = worker();
  const placing = new Placing(new Layout(() => made));
  const [older, newer] = [placing.place(...graphOf('a')), placing.place(...graphOf('b'))];
  made.onmessage({ data: { places: 1 } });
  assert.equal(await older, false);
  made.onerror({ message: 'broken' });
  await assert.rejects(newer, /broken/);
  const again = placing.place(...graphOf('b'));
  made.onmessage({ data: { places: 2 } });
  assert.equal(await again, true);
  assert.equal(placing.of('b').places, 2);
});
