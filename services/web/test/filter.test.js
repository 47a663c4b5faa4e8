import assert from 'node:assert/strict';
import { test } from 'node:test';
import { first, group, head, sort, survey } from '../public/lib/filter.js';
import { everything } from '../public/lib/view.js';
import { names, service } from './service.js';

const services = [
  service({ name: 'billing', team: 'Payments', tags: ['go', 'tier-1'], description: 'Sends INVOICES' }),
  service({ name: 'ledger', team: 'Payments', tags: ['java'], status: 'down' }),
  service({ name: 'login', team: 'Identity', tags: ['go'], status: 'degraded' }),
  service({ name: 'scratch', status: 'unknown' }),
];

const finds = {
  'no search shows all': [{}, ['billing', 'ledger', 'login', 'scratch']],
  'a name, whatever its case': [{ q: 'LEDG' }, ['ledger']],
  'a part of the description': [{ q: 'invoice' }, ['billing']],
  'a team': [{ q: 'identity' }, ['login']],
  'a tag': [{ q: 'tier-1' }, ['billing']],
  'blanks around do not count': [{ q: '  ledger ' }, ['ledger']],
  'a search is text, not a pattern': [{ q: '.*' }, []],
  'words in any order and of any field': [{ q: 'go  pay BILL' }, ['billing']],
  'each of the words': [{ q: 'payments go nowhere' }, []],
  'a word does not reach over two fields': [{ q: 'paymentsgo' }, []],
  'a status': [{ status: ['down'] }, ['ledger']],
  'a team, exactly': [{ team: ['Pay'] }, []],
  'any of several teams': [{ team: ['Identity', 'Payments'] }, ['billing', 'ledger', 'login']],
  'any of several tags': [{ tag: ['java', 'tier-1'] }, ['billing', 'ledger']],
  'or within a kind, and between kinds': [{ tag: ['java', 'go'], status: ['down', 'degraded'] }, ['ledger', 'login']],
  'all of them narrow together': [{ q: 'l', team: ['Payments'], tag: ['go'], status: ['healthy'] }, ['billing']],
};

for (const [name, [view, want]] of Object.entries(finds)) {
  test(`survey: ${name}`, () => {
    assert.deepEqual(names(survey(services, { ...everything, ...view }).shown), want);
  });
}

test('statistics are of all services, whatever is shown', () => {
  const { stats } = survey(services, { ...everything, q: 'nothing has this' });
  assert.deepEqual(stats, { total: 4, healthy: 1, degraded: 1, down: 1, unknown: 1 });
});

test('a count is the number of services that a click would show', () => {
  const { counts } = survey(services, { ...everything, team: ['Payments'], status: ['down'] });
  assert.deepEqual(Object.fromEntries(counts.status), { down: 1, degraded: 0, unknown: 0, healthy: 1 });
  assert.deepEqual(Object.fromEntries(counts.team), { Payments: 1, Identity: 0 });
  assert.deepEqual(Object.fromEntries(counts.tag), { go: 0, 'tier-1': 0, java: 1 });
});

test('the worst comes first, and unknown before healthy', () => {
  assert.deepEqual(names(sort([...services], 'status')), ['ledger', 'login', 'scratch', 'billing']);
});

test('the newest trouble comes first, and what is healthy by name', () => {
  const since = (name, status, status_since) => service({ name, status, status_since });
  const all = [
    since('b', 'healthy', '2026-01-04T00:00:00Z'),
    since('a', 'healthy', '2026-01-01T00:00:00Z'),
    since('old', 'down', '2026-01-01T00:00:00.5Z'),
    since('new', 'down', '2026-01-02T00:00:00Z'),
    since('set by hand', 'down', null),
  ];
  assert.deepEqual(names(sort(all, 'status')), ['new', 'old', 'set by hand', 'a', 'b']);
});

test('names sort as people read them', () => {
  const mixed = ['node-10', 'Alpha', 'node-9', 'beta'].map((name) => service({ name, status: 'down' }));
  assert.deepEqual(names(sort(mixed, 'name')), ['Alpha', 'beta', 'node-9', 'node-10']);
});

test('a new status counts as a change, and so does a new configuration', () => {
  const changed = [
    service({ name: 'old' }),
    service({ name: 'edited', updated_at: '2026-01-02T00:00:00Z' }),
    service({ name: 'failed', status_since: '2026-01-03T00:00:00Z' }),
  ];
  assert.deepEqual(names(sort(changed, 'changed')), ['failed', 'edited', 'old']);
});

test('groups are teams by name, those without one last', () => {
  const groups = group(sort([...services], 'status'), 'team');
  assert.deepEqual(
    groups.map(({ title, services: members }) => [title, names(members)]),
    [
      ['Identity', ['login']],
      ['Payments', ['ledger', 'billing']],
      ['No team', ['scratch']],
    ],
  );
});

test('groups are statuses, the worst first, in which a service may have to stay', () => {
  const found = (stays) =>
    group(sort([...services], 'status'), 'status', stays).map(({ title, services: members }) => [
      title,
      names(members),
    ]);
  assert.deepEqual(found(), [
    ['Down', ['ledger']],
    ['Degraded', ['login']],
    ['Unknown', ['scratch']],
    ['Healthy', ['billing']],
  ]);
  assert.deepEqual(
    found(({ name }) => (name === 'ledger' ? 'healthy' : undefined)),
    [
      ['Degraded', ['login']],
      ['Unknown', ['scratch']],
      ['Healthy', ['ledger', 'billing']],
    ],
  );
});

test('a folded group takes no room, and stays', () => {
  const groups = group(sort([...services], 'status'), 'status').map((one) => ({
    ...one,
    folded: one.value === 'down',
  }));
  assert.deepEqual(
    head(groups, 2).map(({ title, services: members }) => [title, names(members)]),
    [
      ['Down', []],
      ['Degraded', ['login']],
      ['Unknown', ['scratch']],
    ],
  );
});

test('a team is as bad as the worst of its services', () => {
  const { worst } = survey(services, { ...everything, q: 'nothing has this' });
  assert.deepEqual(Object.fromEntries(worst), { Payments: 'down', Identity: 'degraded' });
});

test('head cuts groups to their first services and keeps their totals', () => {
  const groups = group(sort([...services], 'status'), 'team');
  const shown = (most) => head(groups, most).map(({ title, total, services: few }) => [title, total, names(few)]);
  assert.deepEqual(shown(2), [
    ['Identity', 1, ['login']],
    ['Payments', 2, ['ledger']],
  ]);
  assert.deepEqual(shown(4), [
    ['Identity', 1, ['login']],
    ['Payments', 2, ['ledger', 'billing']],
    ['No team', 1, ['scratch']],
  ]);
});

test('the first of an order are those that sorting puts first', () => {
  const statuses = ['healthy', 'down', 'unknown', 'degraded'];
  const all = Array.from({ length: 60 }, (_, i) =>
    service({ name: `service ${(i * 37) % 60}`, status: statuses[i % 4], status_since: `2026-01-${10 + (i % 7)}` }),
  );
  for (const by of ['status', 'name']) {
    for (const n of [0, 1, 7, 60, 99]) {
      assert.deepEqual(names(first(all, n, by)), names(sort([...all], by).slice(0, n)), `${n} by ${by}`);
    }
  }
});
