import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byHops, byTeam, fallen, graph, Needs, structure } from '../public/lib/graph.js';
import { about, blasted, called, label, summary } from '../public/lib/graph-text.js';
import { whole } from '../public/lib/graph-view.js';
import { names, service } from './service.js';

// needs makes services of { name: what it needs }: "db" for a hard need, "cache?" for a soft one.
function needs(list, fields = {}) {
  const entry = (text) => ({
    id: text.replace('?', ''),
    name: text,
    kind: text.endsWith('?') ? 'soft' : 'hard',
    note: '',
  });
  return new Needs(
    Object.entries(list).map(([name, all]) => service({ name, id: name, depends_on: all.map(entry), ...fields[name] })),
  );
}

const ids = (things) => things.map(({ id }) => id);
const shown = (list, view, fields) => graph(needs(list, fields), { ...whole, ...view });

const shop = { shop: ['ledger', 'mail?'], ledger: ['db'], mail: [], db: ['disk'], disk: [], alone: [] };

test('a graph has what needs another or is needed, and counts the others', () => {
  const { nodes, edges, focus, alone } = shown(shop);
  assert.deepEqual(ids(nodes), ['db', 'disk', 'ledger', 'mail', 'shop']);
  assert.deepEqual(ids(edges), ['db > disk', 'ledger > db', 'shop > ledger', 'shop > mail']);
  assert.deepEqual([focus, alone, edges.at(-1).kind], [undefined, 1, 'soft']);
  const ledger = nodes.find(({ id }) => id === 'ledger');
  assert.deepEqual([ledger.needs, ledger.neededBy, ledger.hops], [['db'], ['shop'], null]);
});

const distances = {
  'one hop': [1, { db: 1, disk: null, ledger: 0, shop: 1 }],
  'two hops': [2, { db: 1, disk: 2, ledger: 0, shop: 1 }],
  'any distance': [0, { db: 1, disk: 2, ledger: 0, shop: 1 }],
};

for (const [what, [hops, want]] of Object.entries(distances)) {
  test(`around a focus is what it needs and what needs it, at ${what}`, () => {
    const { nodes, focus } = shown(shop, { focus: 'ledger', hops });
    const got = Object.fromEntries(
      Object.keys(want).map((id) => [id, nodes.find((one) => one.id === id)?.hops ?? null]),
    );
    assert.deepEqual(got, want);
    assert.equal(focus.id, 'ledger');
    assert.ok(!ids(nodes).includes('mail'), 'what something else needs is not around it');
  });
}

const calls = [
  { from: 'shop', to: 'db', calls_per_minute: 42.4, last_seen: '2026-03-14T10:00:00Z' },
  { from: 'shop', to: 'ledger', calls_per_minute: 0.5, last_seen: '2026-03-14T10:00:00Z' },
  { from: 'alone', to: 'gone', calls_per_minute: 1, last_seen: '2026-03-14T10:00:00Z' },
];
const traced = (list = shop) => new Needs(needs(list).services(), calls);

test('what traces show joins what was declared', () => {
  const found = (view) => graph(traced(), { ...whole, ...view });
  const all = found({});
  const kinds = Object.fromEntries(all.edges.map(({ id, kind }) => [id, kind]));
  assert.equal(kinds['shop > db'], 'observed');
  assert.equal(kinds['shop > ledger'], 'hard');
  assert.equal(all.alone, 1, 'calls to what is not there make no edge');
  assert.equal(
    summary(all),
    '5 services, 4 needs, and 1 that is only seen in traces. 1 service needs nothing and is needed by nothing.',
  );
  assert.deepEqual(ids(found({ kind: 'observed' }).edges), ['shop > db']);
  assert.deepEqual(ids(found({ kind: 'declared' }).edges), ids(shown(shop).edges));
  assert.deepEqual(ids(found({ kind: 'observed', focus: 'db', hops: 0 }).nodes), ['db', 'shop']);
  assert.equal(traced().blast('db').hits, 2, 'the shop falls through the ledger alone');
});

test('a pointer learns how often a service calls another', () => {
  const known = traced();
  const said = (id) => {
    const edge = graph(known, whole).edges.find((one) => one.id === id);
    return called(edge, known, Date.parse('2026-03-14T10:05:00Z'));
  };
  assert.equal(said('shop > db'), 'shop calls db: 42 times a minute · seen 5 min ago. Not declared.');
  assert.equal(said('shop > ledger'), 'shop calls ledger: less than once a minute · seen 5 min ago.');
  assert.equal(said('ledger > db'), '');
});

test('of what a team needs the strongest kind counts, and a fall leads along no calls', () => {
  const { edges } = graph(traced(), { ...whole, by: 'team' });
  assert.deepEqual(ids(edges), []);
  const impacts = {
    cause: (id) => (id === 'db' ? { hits: 1 } : undefined),
    of: (id) => (id === 'shop' ? {} : undefined),
  };
  const fall = fallen(graph(traced({ ...shop, ledger: [] }), whole), impacts);
  assert.deepEqual([...fall.edges], []);
});

test('the kind of needs chooses edges, also those along which hops are counted', () => {
  assert.deepEqual(ids(shown(shop, { kind: 'soft' }).nodes), ['mail', 'shop']);
  assert.equal(shown(shop, { kind: 'soft' }).alone, 4);
  assert.deepEqual(ids(shown(shop, { kind: 'hard', focus: 'shop', hops: 0 }).nodes), ['db', 'disk', 'ledger', 'shop']);
});

test('filters choose among them, and never hide the focus', () => {
  const fields = {
    db: { team: 'Data', status: 'down' },
    ledger: { team: 'Pay' },
    shop: { team: 'Pay', tags: ['web'] },
  };
  assert.deepEqual(ids(shown(shop, { team: ['Pay'] }, fields).nodes), ['ledger', 'shop']);
  assert.deepEqual(ids(shown(shop, { tag: ['web'] }, fields).nodes), ['shop']);
  assert.deepEqual(ids(shown(shop, { q: 'LED' }, fields).nodes), ['ledger']);
  const around = shown(shop, { focus: 'ledger', hops: 0, status: ['down'] }, fields);
  assert.deepEqual([ids(around.nodes), around.hidden], [['db', 'ledger'], 2]);
});

test('what is gone is a node with its name, while nothing is filtered', () => {
  const { nodes, edges } = shown({ shop: ['lost'] });
  assert.deepEqual(ids(edges), ['shop > lost']);
  assert.deepEqual([nodes[0].gone, nodes[0].name, nodes[0].status], [true, 'lost', 'unknown']);
  assert.deepEqual(ids(shown({ shop: ['lost'] }, { status: ['healthy'] }).nodes), ['shop']);
  assert.equal(shown({ shop: ['lost'] }, { focus: 'lost' }).focus.name, 'lost');
  assert.equal(shown(shop, { focus: 'nobody' }).focus, undefined);
});

test('a cycle, a diamond, and a chain of a thousand end', () => {
  const circle = { a: ['b'], b: ['c'], c: ['a'] };
  assert.deepEqual(
    shown(circle, { focus: 'a', hops: 0 }).nodes.map(({ hops }) => hops),
    [0, 1, 1],
  );
  assert.equal(needs(circle).blast('a').hits, 2);
  const diamond = needs({ top: ['left', 'right'], left: ['end'], right: ['end'], end: [] });
  assert.equal(diamond.blast('end').hits, 3);
  const chain = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`n${i}`, i > 0 ? [`n${i - 1}`] : []]));
  assert.equal(needs(chain).blast('n0').hits, 999);
  const far = shown(chain, { focus: 'n0', hops: 0 }).nodes;
  assert.equal(Math.max(...far.map(({ hops }) => hops)), 999);
});

test('what stops working with a service is what needs it by hard needs, at any distance', () => {
  const fields = { shop: { team: 'Web' }, ledger: { team: 'Pay' }, api: { team: 'Pay' } };
  const all = needs({ ...shop, api: ['ledger'], news: ['shop?'] }, fields);
  const blast = all.blast('db');
  assert.deepEqual([[...blast.ids].sort(), blast.hits, blast.teams.length], [['api', 'ledger', 'shop'], 3, 2]);
  assert.equal(all.blast('mail').hits, 0);
});

test('by team there is one node a team, the worst status, and edges with their number', () => {
  const fields = {
    shop: { team: 'Web' },
    ledger: { team: 'Pay', status: 'degraded' },
    mail: { team: 'Pay', status: 'down' },
    db: { team: 'Pay' },
  };
  const { nodes, edges } = shown(shop, { by: 'team' }, fields);
  assert.deepEqual(
    nodes.map(({ id, name, size, status }) => [id, name, size, status]),
    [
      ['team ', 'No team', 1, 'healthy'],
      ['team Pay', 'Pay', 3, 'down'],
      ['team Web', 'Web', 1, 'healthy'],
    ],
  );
  assert.deepEqual(
    edges.map(({ id, size, kind }) => [id, size, kind]),
    [
      ['team Pay > team ', 1, 'hard'],
      ['team Web > team Pay', 2, 'hard'],
    ],
  );
  assert.deepEqual(ids(shown(shop, { by: 'team', open: ['Web'] }, fields).nodes), ['shop', 'team ', 'team Pay']);
  assert.ok(ids(shown(shop, { by: 'team', focus: 'db' }, fields).nodes).includes('db'));
});

test('a status is no change of the structure, a need is one', () => {
  const before = structure(shown(shop));
  assert.equal(structure(shown(shop, {}, { db: { status: 'down' } })), before);
  assert.notEqual(structure(shown({ ...shop, mail: ['db'] })), before);
});

test('a fall marks its cause and what it hits, also in a team', () => {
  const impacts = {
    cause: (id) => (id === 'db' ? { hits: 2 } : undefined),
    of: (id) => (['ledger', 'shop'].includes(id) ? { causes: [] } : undefined),
  };
  const { marks, edges } = fallen(shown({ ...shop, news: ['ledger?'] }), impacts);
  assert.deepEqual(Object.fromEntries(marks), { db: 'cause', ledger: 'hit', shop: 'hit' });
  assert.deepEqual([...edges], ['ledger > db', 'news > ledger', 'shop > ledger']);
  const fields = { shop: { team: 'Web' }, mail: { team: 'Web' } };
  const teams = fallen(shown(shop, { by: 'team' }, fields), impacts);
  assert.deepEqual(Object.fromEntries(teams.marks), { 'team ': 'cause', 'team Web': 'hit' });
  assert.deepEqual([...teams.edges], ['team Web > team ']);
});

test('a table is in the order of teams, or of hops', () => {
  const fields = {
    db: { team: 'Data' },
    ledger: { team: 'Pay', status: 'down' },
    disk: { team: 'Data', status: 'down' },
  };
  assert.deepEqual(names(shown(shop, {}, fields).nodes.sort(byTeam)), ['disk', 'db', 'ledger', 'mail', 'shop']);
  assert.deepEqual(names(shown(shop, { focus: 'db' }, fields).nodes.sort(byHops)), ['db', 'disk', 'ledger', 'shop']);
});

test('what is said of a node', () => {
  const now = Date.parse('2026-01-01T00:03:00Z');
  const fields = { db: { team: 'Data', status: 'down' }, ledger: { team: 'Pay' } };
  const { nodes } = shown(shop, {}, fields);
  const node = (id) => nodes.find((one) => one.id === id);
  assert.equal(label(node('db'), 'cause', now), 'db, Data, down 3 min, hits others, needs 1, needed by 1');
  assert.equal(label(node('ledger'), 'hit', now), 'ledger, Pay, healthy, hit, needs 1, needed by 1');
  assert.deepEqual(about(node('db'), 'cause', now), [{ name: 'Data' }, ' · down 3 min']);
  assert.deepEqual(about(node('db'), undefined, now), [{ name: 'Data' }, ' · 3 min']);
  assert.deepEqual(about(node('ledger'), 'hit', now), [{ name: 'Pay' }, ' · still healthy']);
  assert.deepEqual(about(node('mail'), undefined, now), []);
  assert.deepEqual(about(shown({ a: ['lost'] }).nodes[1], undefined, now), ['deleted']);
  const [team] = shown(shop, { by: 'team' }).nodes;
  assert.deepEqual(
    [about(team, undefined, now), label(team, undefined, now)],
    [['5 services'], 'No team, 5 services, worst healthy, needs 0, needed by 0'],
  );
});

test('what is said of a graph, and of what stops with a node', () => {
  assert.equal(summary(shown(shop)), '5 services, 4 needs. 1 service needs nothing and is needed by nothing.');
  assert.equal(summary(shown(shop, { focus: 'db', hops: 1, q: 'd' })), '3 services, 2 needs.');
  const node = { name: 'db', size: 0 };
  const said = (blast) => blasted(node, blast).at(-1);
  assert.equal(said({ hits: 12, teams: [{ team: 'A' }, { team: 'B' }] }), ': 12 services of 2 teams need it to work');
  assert.equal(said({ hits: 1, teams: [] }), ': 1 service needs it to work');
  assert.equal(said({ hits: 0, teams: [] }), ': nothing needs it to work');
});
