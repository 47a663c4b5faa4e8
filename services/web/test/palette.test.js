import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import { account } from '../public/lib/account.js';
import { survey } from '../public/lib/filter.js';
import { distance, pieces } from '../public/lib/match.js';
import { actionOffers, deeds, groups, serviceOffer, summary } from '../public/lib/offer.js';
import { find, inTrouble, isEmpty, parse } from '../public/lib/palette.js';
import { words } from '../public/lib/text.js';
import { parse as parseView } from '../public/lib/view.js';
import { answer, shift } from './on-call.js';
import { names, service } from './service.js';
import { team } from './team.js';

const nothing = { text: '', words: [], team: [], tag: [], status: [], unfinished: '' };
const queries = {
  '': {},
  '  \u200b ': { text: '\u200b' },
  ' Two  WORDS': { text: 'Two WORDS', words: ['two', 'words'] },
  'team:Pay': { team: ['pay'] },
  'pay team:Core db': { text: 'pay db', words: ['pay', 'db'], team: ['core'] },
  'TEAM:a tag:b tag:b tag:c': { team: ['a'], tag: ['b', 'c'] },
  'team:"On  Call" db': { text: 'db', words: ['db'], team: ['on call'] },
  'team:"On Call': { team: ['on call'] },
  'team:""': { unfinished: 'team' },
  'team:': { unfinished: 'team' },
  'tag: x': { text: 'x', words: ['x'], unfinished: 'tag' },
  'team:\u200b': { unfinished: 'team' },
  'is:DOWN is:degraded': { status: ['down', 'degraded'] },
  'is:do': { unfinished: 'status' },
  'is:up': { unfinished: 'status' },
  'is:constructor': { unfinished: 'status' },
  'steam:x': { text: 'steam:x', words: ['steam:x'] },
  'team :x': { text: 'team :x', words: ['team', ':x'] },
  'team：Größe': { team: ['grösse'] },
  'team:a:b"c': { team: ['a:b"c'] },
  'team:"a"b': { text: 'b', words: ['b'], team: ['a'] },
  '.* [ ( \\': { text: '.* [ ( \\', words: ['.*', '[', '(', '\\'] },
};
for (const [typed, want] of Object.entries(queries)) {
  test(`the query ${JSON.stringify(typed)}`, () => assert.deepEqual(parse(typed), { ...nothing, ...want }));
}

test('only a query that asks for nothing is empty', () => {
  for (const typed of ['', '  ', '\u200b']) assert.ok(isEmpty(parse(typed)), typed);
  for (const typed of ['x', 'team:', 'team:x', 'is:up']) assert.ok(!isEmpty(parse(typed)), typed);
});

const services = [
  service({ name: 'Payments DB', team: 'Payments', tags: ['postgres', 'critical'], status: 'down' }),
  service({ name: 'Payouts', team: 'Payments', tags: ['go'] }),
  service({ name: 'Ledger', team: 'Payments', tags: ['go', 'critical'], status: 'down' }),
  service({ name: 'Checkout', team: 'Payments', tags: ['go'], status: 'degraded' }),
  service({ name: 'Repay', team: 'On call', tags: ['rust'] }),
  service({ name: 'Auto pay', team: 'on Call 2' }),
  service({ name: 'Login', description: 'People who pay sign in here', status: 'unknown' }),
  service({ name: 'Pay', team: 'Größe' }),
];

const finds = {
  'the name, its beginning, a word of it, a part, a team or tag, the description': [
    'pay',
    ['Pay', 'Payments DB', 'Payouts', 'Auto pay', 'Repay', 'Ledger', 'Checkout', 'Login'],
  ],
  'words in any order': ['db pay', ['Payments DB']],
  'words of the name, the team and a tag': ['critical payments', ['Payments DB', 'Ledger']],
  'a team, by a part of it': ['team:paym', ['Ledger', 'Payments DB', 'Checkout', 'Payouts']],
  'a team with a blank': ['team:"on call"', ['Auto pay', 'Repay']],
  'a team whatever its case and form': ['team:GRÖSSE', ['Pay']],
  'either of two teams': ['team:call team:größe', ['Auto pay', 'Pay', 'Repay']],
  'a tag': ['tag:go', ['Ledger', 'Checkout', 'Payouts']],
  'a status, the worst first': ['is:degraded is:down', ['Ledger', 'Payments DB', 'Checkout']],
  'all of them together': ['pay team:pay tag:go is:down', ['Ledger']],
  'a filter that no service fits': ['team:nobody', []],
  'nothing by a filter without a value': ['team:', []],
  'words beside a filter without a value': ['is: ledger', ['Ledger']],
  'text, not a pattern': ['.*', []],
  'what a prototype has': ['team:__proto__ constructor', []],
};
for (const [name, [typed, want]] of Object.entries(finds)) {
  test(`find: ${name}`, () => assert.deepEqual(names(find(services, parse(typed)).services), want));
}

test('among equals the worst comes first, and the newest trouble of these', () => {
  const since = (name, status, day) => service({ name, status, status_since: `2026-01-0${day}T00:00:00Z` });
  const all = [
    since('x b', 'healthy', 5),
    since('x a', 'healthy', 1),
    since('x d', 'down', 1),
    since('x c', 'down', 2),
  ];
  assert.deepEqual(names(find(all, parse('x')).services), ['x c', 'x d', 'x a', 'x b']);
});

// list returns what the list shows at an address.
const list = (all, address) => survey(all, parseView(address.slice(1))).shown;

test('the list at the address is what was found', () => {
  for (const typed of ['pay', 'team:pay is:down', 'team:call pay', 'tag:c is:down ledger', 'team:größe', 'PAY db']) {
    const { total, address } = find(services, parse(typed));
    assert.equal(list(services, address).length, total, `${typed}: ${address}`);
  }
});

test('the address has the exact teams and tags, and the words as typed', () => {
  const { address } = find(services, parse('PAY  out team:call tag:ru is:healthy'));
  const { q, team, tag, status } = parseView(address.slice(1));
  assert.deepEqual(
    { q, team, tag, status },
    { q: 'PAY out', team: ['On call', 'on Call 2'], tag: ['rust'], status: ['healthy'] },
  );
});

test('teams beyond what an address may have are searched for instead', () => {
  const many = Array.from({ length: 60 }, (_, i) => service({ name: `s${i}`, team: `team ${i}` }));
  const { total, address } = find(many, parse('team:team'));
  assert.equal(total, 60);
  assert.equal(list(many, address).length, 60);
  assert.equal(list(many, find(many, parse('team:team team:eam')).address).length, 60);
});

test('at most so many services, and the total', () => {
  const many = Array.from({ length: 20 }, (_, i) => service({ name: `service ${i}` }));
  const { services: few, total } = find(many, parse('service'));
  assert.deepEqual(names(few), names(many).slice(0, 8));
  assert.equal(total, 20);
});

const offered = {
  'teams and tags that a word names': ['pa', ['team Payments 4']],
  'tags that a word names': ['ost', ['tag postgres 1']],
  'nothing by one letter': ['p', []],
  'a status by its beginning': ['dow', ['status down 2']],
  'no status that no service has': ['degr rust', []],
  'all words must be in it': ['call on', ['team On call 1', 'team on Call 2 1']],
  'the teams of a filter': ['team:pay', ['team Payments 4']],
  'all teams, the largest first': ['team:', ['team Payments 4', 'team Größe 1', 'team On call 1', 'team on Call 2 1']],
  'all statuses': ['is:', ['status down 2', 'status degraded 1', 'status unknown 1', 'status healthy 4']],
  'all statuses for an unknown one': [
    'is:up',
    ['status down 2', 'status degraded 1', 'status unknown 1', 'status healthy 4'],
  ],
  'with the words beside a filter': [
    'ledger is:',
    ['status down 1', 'status degraded 0', 'status unknown 0', 'status healthy 0'],
  ],
  'within the other filters': ['is:down tag:', ['tag critical 2', 'tag go 1', 'tag postgres 1']],
  'without the words that name it': ['is:down payments', ['team Payments 2', 'status down 2']],
};
for (const [name, [typed, want]] of Object.entries(offered)) {
  test(`filters: ${name}`, () => {
    const { filters } = find(services, parse(typed));
    const got = filters.map(({ kind, value, n }) => `${kind} ${value} ${n}`);
    assert.deepEqual(got.sort(), [...want].sort());
    if (typed.endsWith(':'))
      assert.deepEqual(filters.map(({ kind, value, n }) => `${kind} ${value} ${n}`).slice(0, 1), want.slice(0, 1));
    for (const { n, address } of filters) assert.equal(list(services, address).length, n, address);
  });
}

test('a filter is written as it is typed', () => {
  const written = (typed) => find(services, parse(typed)).filters.map((filter) => filter.written);
  assert.deepEqual(written('team:repay'), []);
  assert.deepEqual(written('rust is:healthy'), ['tag:rust is:healthy', 'rust is:healthy']);
  assert.deepEqual(written('call'), ['team:"On call"', 'team:"on Call 2"']);
});

test('trouble is shown without a query: the newest first, at most six', () => {
  const at = (i, status, more = {}) =>
    service({ name: `s${i}`, status, status_since: `2026-01-0${i}T00:00:00Z`, ...more });
  const all = [
    at(1, 'down'),
    at(2, 'degraded'),
    at(3, 'healthy'),
    at(4, 'unknown', { status_reason: 'stale' }),
    at(5, 'unknown'),
    ...[6, 7, 8, 9].map((i) => at(i, 'down')),
  ];
  assert.deepEqual(names(inTrouble(all)), ['s9', 's8', 's7', 's6', 's4', 's2']);
  assert.deepEqual(inTrouble([]), []);
});

const far = {
  pay: 0,
  payments: 1,
  'auto pay': 2,
  'x-pay': 2,
  x_pay: 2,
  repay: 3,
  'repay pay': 2,
  éépay: 3,
  nothing: Infinity,
};
for (const [text, want] of Object.entries(far)) {
  test(`the distance of ${text}`, () => assert.equal(distance(text, 'pay'), want));
}

const marks = {
  'Payments DB': ['db pay', '[Pay]ments [DB]'],
  'Repay pay': ['pay', 'Repay [pay]'],
  abcd: ['bc abc', '[abc]d'],
  'Café Straße': ['CAFÉ STRASSE', '[Café] [Straße]'],
  ﬃx: ['fi', '[ﬃ]x'],
  'cafe\u0301s': ['café', '[cafe\u0301]s'],
  'שלום עולם': ['עולם', 'שלום [עולם]'],
  '👩🏽‍🚀 pay': ['pay', '👩🏽‍🚀 [pay]'],
  'nothing here': ['x', 'nothing here'],
  '': ['x', ''],
};
for (const [text, [typed, want]] of Object.entries(marks)) {
  test(`marks in ${JSON.stringify(text)}`, () => {
    const parts = pieces(text, words(typed));
    assert.equal(parts.map(([part]) => part).join(''), text);
    assert.equal(parts.map(([part, marked]) => (marked ? `[${part}]` : part)).join(''), want);
  });
}

test('an option says why, for how long, and by which tag it was found', () => {
  const now = Date.parse('2026-01-01T00:04:00Z');
  const down = service({
    name: 'DB',
    team: 'Pay',
    tags: ['go', 'pg'],
    status: 'down',
    status_reason: 'connect_refused',
  });
  const text = (parts) =>
    parts.map((part) => (typeof part === 'string' ? part : part.map(([piece]) => piece).join('')));
  const said = (typed) => serviceOffer(down, words(typed), now).details.map((parts) => text(parts).join(''));
  assert.deepEqual(said('db'), ['Pay', 'Connection refused for 4 min']);
  assert.deepEqual(said('pg db'), ['Pay', 'Connection refused for 4 min', 'tag pg']);
});

test('what who is asking may not do is left out', (t) => {
  t.after(() => {
    account.me = { kind: 'anonymous', role: '', teams: [] };
  });
  const measured = service({ name: 'x', team: 'Core', status_url: 'http://x.example.com/' });
  const keys = (one) => deeds(one).map(({ key }) => key);
  const may = () => actionOffers([]).map(({ key }) => key);
  assert.deepEqual(keys(measured), ['check', 'edit', 'copy']);
  assert.deepEqual(keys(service({ name: 'by hand' })), ['edit', 'copy']);
  account.me = { kind: 'key', role: 'editor', teams: ['Other'] };
  assert.deepEqual(keys(measured), ['copy']);
  assert.ok(may().includes('add'));
  account.me = { kind: 'anonymous', role: 'viewer', teams: [] };
  assert.deepEqual(keys(measured), ['copy']);
  assert.ok(!may().includes('add'));
});

test('actions by their words', () => {
  const keys = (typed) => actionOffers(words(typed)).map(({ key }) => key);
  assert.deepEqual(keys('theme'), ['light', 'dark', 'system']);
  assert.deepEqual(keys('dark the'), ['dark']);
  assert.deepEqual(keys('new serv'), ['add']);
  assert.deepEqual(keys('help'), ['help']);
  assert.deepEqual(keys('ervice'), []);
});

test('without a query there is trouble and every action, with filters no action', () => {
  const keys = (typed, part) => groups(services, typed, 0)[part].map(({ key }) => key);
  assert.equal(groups(services, '', 0).services.length, 3);
  assert.deepEqual(keys('', 'actions'), [
    'add',
    'addteam',
    'teams',
    'graph',
    'scorecards',
    'past',
    'light',
    'dark',
    'system',
    'help',
  ]);
  assert.deepEqual(keys('', 'filters'), []);
  assert.deepEqual(keys('team:pay', 'actions'), []);
  assert.deepEqual(keys('is:', 'services'), []);
  const many = Array.from({ length: 12 }, (_, i) => service({ name: `service ${i}` }));
  const { services: shown, total } = groups(many, 'service', 0);
  assert.deepEqual([shown.length, total, shown.at(-1).label[0]], [9, 12, '4 more: show them in the list']);
});

test('a team that is found says who is on call', () => {
  const teams = [team({}), team({ slug: 'paywall', name: 'Paywall' })];
  const onCall = (slug) => (slug === 'payments' ? answer({ now: [shift('Ada', null, null)] }) : answer({}));
  const [first, second] = groups([], 'pay', 0, teams, onCall).teams;
  assert.equal(first.detail, '/teams/payments');
  assert.match(JSON.stringify(first.details), /on call: .*Ada/);
  assert.deepEqual(second.details, []);
});

test('what is offered, in words', () => {
  const said = (total, filters, actions, teams = 0) =>
    summary({ total, teams: new Array(teams), filters: new Array(filters), actions: new Array(actions) });
  assert.equal(said(5, 2, 0), '5 services, 2 filters');
  assert.equal(said(1, 1, 1), '1 service, 1 filter, 1 action');
  assert.equal(said(0, 2, 0, 1), '1 team, 2 filters');
  assert.equal(said(0, 0, 0), 'Nothing matches');
});

test('10,000 services', (t) => {
  const statuses = ['healthy', 'healthy', 'healthy', 'degraded', 'down', 'unknown'];
  const all = Array.from({ length: 10_000 }, (_, i) =>
    service({
      name: `service ${i} ${i % 3 ? 'payments' : 'größe'}`,
      team: `team ${i % 400}`,
      tags: Array.from({ length: 6 }, (_, j) => `tag-${(i * 7 + j * 13) % 3000}`),
      description: 'A description that is about as long as such descriptions are, and says little.',
      status: statuses[i % statuses.length],
    }),
  );
  for (const typed of ['e', 'e', 'pay 99', 'tag:tag-1', 'team:team e', 'is:', 'tag:', 'nothing at all']) {
    const begun = performance.now();
    const { total } = find(all, parse(typed));
    t.diagnostic(`${JSON.stringify(typed)}: ${total} services, ${(performance.now() - begun).toFixed(1)} ms`);
  }
  const begun = performance.now();
  inTrouble(all);
  t.diagnostic(`trouble: ${(performance.now() - begun).toFixed(1)} ms`);
  assert.equal(find(all, parse('e')).total, 10_000);
});
