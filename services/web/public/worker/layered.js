// Where the nodes and edges of a graph are drawn: in columns, each node left of what it needs. Independent of the
// DOM. Dagre finds the columns and the places in them; the order within a column is found here, since with what was
// there before it has to stay.

import { size } from '../lib/node-size.js';
import { Graph, layout } from '../vendor/dagre/dagre.esm.js';

// Dagre keeps a column for labels between any two others, and so halves these lengths. No edge has a label here: half a
// length, doubled by it, leaves out those columns, which are half of all work.
const gaps = { nodesep: 16, edgesep: 8, ranksep: 88 };
const next = { minlen: 0.5 };
const far = -1e9; // where no node is
const sweeps = 12;
const nothing = { places: new Map(), bends: new Map() };

// layered places { nodes, edges }: ids, and { id, from, to }. It returns { places, lines, bends }: places is id → { x, y }
// of the middle; lines is id → [[x, y], …], the points of an edge from one side of a box to that of another, in pairs
// of a left and a right one with a curve between two pairs; bends is for former: what was returned before. What was
// there then keeps its order, and moves as little as can be.
export function layered({ nodes, edges }, former = nothing) {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', ranker: 'tight-tree', ...gaps });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of nodes) graph.setNode(id, { ...size });
  for (const { from, to } of edges) graph.setEdge(from, to, { ...next });
  layout(graph, { customOrder: (layers) => order(layers, former) });
  const shift = drift(graph, former.places);
  const places = new Map(nodes.map((id) => [id, place(graph.node(id), shift)]));
  const columns = [...new Set([...places.values()].map(({ x }) => x))].sort((a, b) => a - b);
  const [lines, bends] = [new Map(), new Map()];
  for (const { id, from, to } of edges) {
    const inside = graph.edge(from, to).points.slice(1, -1); // without the borders of the two nodes
    const points = inside.filter(({ x }) => x > far / 2).map((point) => place(point, shift));
    lines.set(id, line(places.get(from), places.get(to), points, columns));
    bends.set(
      between(from, to),
      points.map(({ y }) => y),
    );
  }
  return { places, lines, bends };
}

// between names an edge by its ends.
function between(from, to) {
  return `${from}\n${to}`;
}

function place({ x, y }, shift) {
  return { x: Math.round(x), y: Math.round(y) + shift };
}

// drift returns by how much all is moved for the nodes that stay to move least.
function drift(graph, former) {
  const moves = graph
    .nodes()
    .filter((id) => former.has(id))
    .map((id) => former.get(id).y - Math.round(graph.node(id).y));
  return moves.length > 0 ? middle(moves) : 0;
}

function middle(numbers) {
  return numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

// line returns the points of an edge. Where it passes a column it goes straight, in the room that is kept for it.
function line(from, to, through, columns) {
  const forward = to.x >= from.x;
  const half = (forward ? size.width : -size.width) / 2;
  const points = [[from.x + half, from.y]];
  for (const { x, y } of through) {
    const inside = forward ? x > from.x + half && x < to.x - half : x < from.x + half && x > to.x - half;
    if (inside && columns.some((column) => Math.abs(column - x) < 2)) points.push([x - half, y], [x + half, y]);
  }
  points.push([to.x - half, to.y]);
  return points;
}

// order gives each node of dagre's layers its place in its layer, so that few edges cross. Those that were there keep
// their order.
function order(graph, former) {
  for (const edge of graph.edges()) graph.edge(edge).points ??= [{ x: far, y: far }]; // dagre wants one of each
  const layers = layersOf(graph);
  const known = layers.flat().some((id) => former.places.has(id));
  if (known) keep(graph, layers, former);
  else untangle(graph, layers);
  for (const layer of layers) for (const [i, id] of layer.entries()) graph.node(id).order = i;
}

// layersOf lists the nodes of each layer in the order in which a walk along the edges meets them.
function layersOf(graph) {
  const layers = [];
  const met = new Set();
  const begin = graph.nodes().sort((a, b) => graph.node(a).rank - graph.node(b).rank);
  for (const start of begin) {
    const open = [start];
    while (open.length > 0) {
      const id = open.pop();
      if (met.has(id)) continue;
      met.add(id);
      const { rank } = graph.node(id);
      layers[rank] ??= [];
      layers[rank].push(id);
      open.push(...graph.successors(id).reverse());
    }
  }
  return Array.from(layers, (layer) => layer ?? []);
}

// keep orders each layer by where its nodes were; new ones, and the bends of edges, come between what they lead to.
function keep(graph, layers, former) {
  const height = heights(graph, layers, former);
  const open = layers.flat().filter((id) => !height.has(id));
  const around = (id) =>
    graph
      .neighbors(id)
      .map((one) => height.get(one))
      .filter((y) => y !== undefined);
  for (let round = 0; round < sweeps; round++) {
    for (const id of round % 2 ? open.toReversed() : open) {
      const near = around(id);
      if (near.length > 0) height.set(id, near.reduce((sum, y) => sum + y, 0) / near.length);
    }
  }
  for (const layer of layers) layer.sort((a, b) => (height.get(a) ?? 0) - (height.get(b) ?? 0));
}

// heights returns where the nodes of layers were, and the bends of edges that have as many as before.
function heights(graph, layers, { places, bends }) {
  const known = new Map([...places].map(([id, { y }]) => [id, y]));
  const chains = new Map();
  for (const id of layers.flat()) {
    const { edgeObj: edge } = graph.node(id);
    if (!edge) continue;
    const key = between(edge.v, edge.w);
    if (chains.has(key)) chains.get(key).push(id);
    else chains.set(key, [id]);
  }
  for (const [key, chain] of chains) {
    const back = bends.get(key.split('\n').reverse().join('\n'))?.toReversed(); // dagre turns an edge of a cycle round
    const before = bends.get(key) ?? back ?? [];
    if (before.length === chain.length) for (const [i, id] of chain.entries()) known.set(id, before[i]);
  }
  return known;
}

// untangle sorts each layer by the middle of what its nodes lead to in the one before, forth and back, and keeps the
// order with the fewest crossings.
function untangle(graph, layers) {
  const nexts = new Map(graph.nodes().map((id) => [id, graph.successors(id)]));
  const befores = new Map(graph.nodes().map((id) => [id, graph.predecessors(id)]));
  let best = { crossings: Number.POSITIVE_INFINITY, layers: [] };
  for (let round = 0; round <= sweeps; round++) {
    const crossings = crossed(layers, nexts);
    if (crossings < best.crossings) best = { crossings, layers: layers.map((layer) => [...layer]) };
    if (crossings === 0) break;
    const down = round % 2 === 0;
    for (let i = 1; i < layers.length; i++) {
      const at = down ? i : layers.length - 1 - i;
      sortByMiddle(layers[at], layers[down ? at - 1 : at + 1], down ? befores : nexts);
    }
  }
  layers.splice(0, layers.length, ...best.layers);
}

function sortByMiddle(layer, fixed, leadsTo) {
  const places = new Map(fixed.map((id, i) => [id, i]));
  const weights = new Map();
  layer.forEach((id, i) => {
    const near = leadsTo.get(id);
    const sum = near.reduce((total, one) => total + places.get(one), 0);
    weights.set(id, near.length > 0 ? sum / near.length : (i * fixed.length) / layer.length);
  });
  layer.sort((a, b) => weights.get(a) - weights.get(b));
}

// crossed counts how often edges between neighbouring layers cross: for each edge, those before it that end below, by
// sums in a tree (Barth, Jünger and Mutzel, "Simple and Efficient Bilayer Cross Counting").
function crossed(layers, nexts) {
  let crossings = 0;
  for (let i = 0; i + 1 < layers.length; i++) {
    const places = new Map(layers[i + 1].map((id, n) => [id, n]));
    const tree = new Uint32Array(layers[i + 1].length + 1);
    let seen = 0;
    for (const id of layers[i]) {
      const ends = nexts
        .get(id)
        .map((one) => places.get(one) + 1)
        .sort((a, b) => a - b);
      for (const end of ends) {
        let above = 0;
        for (let n = end; n > 0; n -= n & -n) above += tree[n];
        crossings += seen - above;
      }
      for (const end of ends) {
        for (let n = end; n < tree.length; n += n & -n) tree[n]++;
        seen++;
      }
    }
  }
  return crossings;
}
