import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everything, parse } from '../public/lib/view.js';
import {
  aftermath,
  liveness,
  message,
  places,
  rest,
  scope,
  sleepiness,
  split,
  staleness,
  troubles,
  wallAddress,
  why,
} from '../public/lib/wall.js';
import { names, service } from './service.js';

const now = Date.parse('2026-01-05T12:00:00Z');
const probed = { status_url: 'http://x/', last_checked_at: '2026-01-05T11:59:00Z' };
const of = (name, status, status_since, more) => service({ name, status, status_since, ...probed, ...more });

const mixed = [
  of('old', 'down', '2026-01-01T00:00:00Z'),
  of('slow', 'degraded', '2026-01-05T00:00:00Z'),
  of('new', 'down', '2026-01-04T00:00:00Z'),
  of('lost', 'unknown', '2026-01-03T00:00:00Z'),
  of('b', 'healthy', '2026-01-05T11:00:00Z'),
  of('a', 'healthy', '2026-01-02T00:00:00Z'),
  of('by hand', 'unknown', null, { status_url: null }),
];

test('the band is what went down last, and the rest of the trouble tiles', () => {
  const { band, tiles, healthy, byHand, counts, changed } = split(mixed);
  assert.equal(band.name, 'new');
  assert.deepEqual(names(tiles), ['old', 'slow', 'lost']);
  assert.deepEqual(names(healthy), ['a', 'b']);
  assert.deepEqual([byHand.label, names(byHand.services)], ['Set by hand', ['by hand']]);
  assert.deepEqual(counts, { down: 2, degraded: 1, unknown: 2, healthy: 2, byHand: 1, total: 7 });
  assert.equal(changed, Date.parse('2026-01-05T11:00:00Z'));
});

test('without anything down there is no band', () => {
  const { band, tiles } = split(mixed.filter(({ status }) => status !== 'down'));
  assert.equal(band, null);
  assert.deepEqual(names(tiles), ['slow', 'lost']);
});

test('what was never checked is not trouble', () => {
  const fresh = of('fresh', 'unknown', null, { last_checked_at: null });
  assert.equal(split([fresh]).byHand.label, 'Not checked yet');
  assert.equal(split([fresh, mixed.at(-1)]).byHand.label, 'Set by hand, or not checked yet');
  assert.deepEqual(split([fresh]).tiles, []);
});

test('the lists are cut, and the counts are not', () => {
  const parts = split(
    Array.from({ length: 9_000 }, (_, i) => of(`s${i}`, ['down', 'degraded', 'healthy'][i % 3], null)),
  );
  assert.ok(parts.tiles.length <= 80 && parts.healthy.length <= 200);
  assert.equal(troubles(parts), 5_999);
  assert.deepEqual(rest(parts, 20), { total: 5_979, text: '2,979 down, 3,000 degraded' });
  assert.equal(places(parts.tiles, troubles(parts)), 81);
  assert.equal(places(parts.tiles.slice(0, 3), 3), 3);
});

test('nothing is left when all are shown', () => {
  const parts = split(mixed);
  assert.equal(troubles(parts), 3);
  assert.deepEqual(rest(parts, 3), { total: 0, text: '' });
});

test('why a service is in trouble', () => {
  assert.deepEqual(why(of('x', 'down', null, { status_reason: 'connect_refused' })), ['Connection refused']);
  assert.deepEqual(why(of('x', 'down', null)), ['Down']);
  assert.deepEqual(why(of('x', 'down', null, { status_url: null })), ['Set by hand']);
  const impact = { causes: [{ service: mixed[0], hops: 1 }] };
  assert.equal(said(why(of('x', 'down', null, { status_reason: 'http_5xx' }), impact)), 'Needs old');
});

const said = (parts) => parts.map((part) => part.name ?? part).join('');

test('the band is what fell by itself, and what it drags along comes later', () => {
  const services = [
    of('db', 'down', '2026-01-05T11:00:00Z'),
    of('ledger', 'down', '2026-01-05T11:01:00Z'),
    of('other', 'down', '2026-01-04T00:00:00Z'),
    of('shop', 'degraded', '2026-01-05T11:02:00Z'),
    of('cms', 'degraded', '2026-01-02T00:00:00Z'),
  ];
  const hit = new Set(['ledger', 'shop'].map((name) => services.find((one) => one.name === name).id));
  const impactOf = (id) => (hit.has(id) ? { causes: [{ service: services[0], hops: 1 }] } : undefined);
  const { band, tiles } = split(services, impactOf);
  assert.equal(band.name, 'db');
  assert.deepEqual(names(tiles), ['other', 'ledger', 'cms', 'shop']);
  assert.equal(split(services.slice(1, 2), impactOf).band.name, 'ledger');
});

test('whom a cause hits, and who is on call', () => {
  const cause = { hits: 13, teams: [{ team: 'Web' }, { team: 'Data' }, { team: null }], on_call: ['Ada', 'Bo'] };
  assert.equal(said(aftermath(cause)), 'Hits 13 services of 2 teams. On call: Ada, Bo');
  assert.equal(said(aftermath({ ...cause, on_call: [] })), 'Hits 13 services of 2 teams.');
  assert.deepEqual([aftermath({ ...cause, hits: 0 }), aftermath(undefined)], [[], []]);
});

test('what a view shows', () => {
  assert.deepEqual(scope(everything), ['All services']);
  assert.equal(said(scope(parse('?q=pay&status=down&team=A&team=B&tag=go'))), 'A, B · go · down · “pay”');
  const [team] = scope({ ...everything, team: ['<b>'] });
  assert.deepEqual(team, { name: '<b>' });
  const many = { ...everything, team: Array.from({ length: 9 }, (_, i) => `t${i}`) };
  assert.equal(said(scope(many)), 't0, t1, t2, t3, t4, t5 and 3 more');
});

const well = [of('a', 'healthy', null), of('b', 'healthy', null)];
const byHand = mixed.at(-1);

for (const [what, want, services, more] of [
  ['nobody may read', 'No access', mixed, { access: 'none', mode: 'offline', at: null }],
  ['the list has not come', 'Loading', [], { at: null, mode: 'loading' }],
  ['there is trouble', undefined, mixed, {}],
  ['there are no services', 'No services yet', [], { total: 0, others: 0 }],
  ['all is well', 'All 2 services are healthy', well, {}],
  ['the only one is well', '1 service is healthy', well.slice(1), {}],
  ['some are unknown', 'Nothing is down', [...well, byHand], {}],
  ['all are unknown', 'Nothing is down', [byHand], {}],
  ['only healthy ones are shown', '2 services are healthy', well, { view: parse('?status=healthy') }],
  ['nothing matches', 'No service matches', [], { view: parse('?q=x'), others: 0 }],
  ['no team has this name', 'No service matches', [], { view: parse('?team=x&status=down'), others: 0 }],
  ['none is so', 'None of 9 services is down or degraded', [], { view: parse('?status=down&status=degraded') }],
]) {
  test(`in place of trouble, when ${what}: ${want ?? 'nothing'}`, () => {
    const state = { access: 'viewer', mode: 'live', at: new Date(now), view: everything, others: 9, total: 9, ...more };
    assert.equal(message({ parts: split(services), ...state })?.title, want);
  });
}

test('without any data the failure says all', () => {
  const state = { access: 'viewer', mode: 'offline', at: null, view: everything, others: 0, total: 0 };
  assert.equal(message({ parts: split([]), ...state }), null);
  assert.equal(staleness({ connection: { mode: 'offline', why: '' }, at: null }, now).title, 'Not live: no data yet');
});

test('data is stale when the portal does not answer, or nothing came for two minutes', () => {
  const stale = (mode, age, watched = true, why = '') =>
    staleness({ connection: { mode, why }, at: new Date(now - age), watched }, now);
  assert.equal(stale('live', 100_000), null);
  assert.equal(stale('polling', 40_000), null);
  assert.match(stale('live', 130_000).title, /^Not live: data from \d/);
  assert.equal(stale('live', 130_000, false), null, 'nothing is in view that could be read again');
  assert.match(stale('offline', 1_000).title, /^Not live: data from \d/);
  assert.equal(stale('offline', 1_000, true, 'The database is away.').text, 'The database is away.');
  assert.match(stale('offline', 2 * 86_400_000).title, /Jan|1/, 'the day too');
});

test('how new it is', () => {
  assert.equal(liveness('loading', 0, now), 'Connecting');
  assert.equal(liveness('polling', 0, now), 'Refreshing every 30 s');
  assert.equal(liveness('live', 0, now), 'Live');
  assert.equal(liveness('live', now - 61_000, now), 'Live, last change 1 min ago');
});

test('a screen that may fall asleep says why', () => {
  assert.equal(sleepiness('awake', true), '');
  assert.equal(sleepiness('', true), '');
  assert.match(sleepiness('unsupported', false), /over https only/);
  assert.doesNotMatch(sleepiness('unsupported', true), /https/);
  assert.match(sleepiness('refused', true), /may fall asleep/);
});

test('the wall of a view is the view with wall in its address', () => {
  assert.equal(wallAddress(everything), '/?wall');
  const view = parse('?team=R%26D&status=down');
  const { search } = new URL(wallAddress(view), 'http://portal');
  assert.deepEqual(parse(search), view);
  assert.equal(new URLSearchParams(search).has('wall'), true);
});
