import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entries, found, inTrouble, leastUp, nothing, Teams, tally } from '../public/lib/teams.js';
import { words } from '../public/lib/text.js';
import { service } from './service.js';
import { team } from './team.js';

const settle = () => new Promise((resolve) => setImmediate(resolve));

// begin returns Teams over answers, of which each read takes the next; the last one stays.
function begin(...answers) {
  const [live, sync] = [new EventTarget(), new EventTarget()];
  const reads = [];
  const api = {
    async teams() {
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      reads.push(answer);
      return typeof answer === 'function' ? answer() : answer;
    },
  };
  const teams = new Teams({ api, live, sync });
  const say = (name, detail, source = live) => source.dispatchEvent(new CustomEvent(name, { detail }));
  return {
    teams,
    sync,
    reads,
    say,
    tell: (type, data) => say('message', { type, data }),
    names: () => teams.values().map(({ name }) => name),
  };
}

test('the teams are read when they are wanted, once', async () => {
  const { teams, reads, say, tell } = begin([team({})]);
  say('live', { fresh: true });
  tell('team.created', team({ slug: 'search', name: 'Search' }));
  await settle();
  assert.equal(reads.length, 0, 'nobody wants them');
  teams.want();
  teams.want();
  await settle();
  teams.want();
  assert.equal(reads.length, 1);
  assert.equal(teams.known, true);
  assert.equal(teams.get('payments').name, 'Payments');
  assert.equal(teams.named('Payments').slug, 'payments');
  assert.equal(teams.named('payments'), undefined, 'case counts');
});

test('events keep them up to date, and nothing older does', async () => {
  const { teams, tell, names } = begin([team({ version: 2 })]);
  teams.want();
  await settle();
  tell('team.created', team({ slug: 'search', name: 'Search' }));
  tell('team.updated', { slug: 'payments', name: 'Old', version: 1, created_at: team({}).created_at });
  assert.deepEqual(names(), ['Payments', 'Search']);
  tell('team.updated', { slug: 'payments', name: 'Money', version: 3, created_at: team({}).created_at });
  assert.equal(teams.named('Money').email, null, 'a field that an event leaves out is empty');
  assert.equal(teams.named('Payments'), undefined);
  tell('team.deleted', { slug: 'payments', name: 'Money', version: 4, deleted_at: '2026-02-01T00:00:00Z' });
  tell('team.updated', team({ version: 3 }));
  assert.deepEqual(names(), ['Search']);
});

test('an event has only the kind of an on-call plan, which is completed by what is read', async () => {
  const { teams, tell } = begin([team({ on_call: { kind: 'contact', contact: { name: 'Desk' } } })]);
  teams.want();
  await settle();
  const { created_at } = team({});
  tell('team.updated', { slug: 'payments', name: 'Payments', version: 2, created_at, on_call: { kind: 'contact' } });
  assert.deepEqual(teams.get('payments').on_call, { kind: 'contact' });
  teams.put(team({ version: 2, on_call: { kind: 'contact', contact: { name: 'Duty desk' } } }));
  assert.equal(teams.get('payments').on_call.contact.name, 'Duty desk');
  tell('team.updated', { slug: 'payments', name: 'Payments', version: 2, created_at, on_call: { kind: 'contact' } });
  assert.equal(teams.get('payments').on_call.contact.name, 'Duty desk', 'the same event again');
  tell('team.updated', { slug: 'payments', name: 'Payments', version: 3, created_at });
  assert.equal(teams.get('payments').on_call, null);
});

test('a slug that was given again is another team', async () => {
  const { teams, tell } = begin([]);
  teams.want();
  await settle();
  tell('team.created', team({ version: 7 }));
  tell('team.deleted', { slug: 'payments', name: 'Payments', version: 8, deleted_at: '2026-02-01T00:00:00Z' });
  const next = team({ name: 'payments', version: 1, created_at: '2026-03-01T00:00:00Z' });
  tell('team.created', next);
  assert.equal(teams.get('payments').name, 'payments');
  tell('team.deleted', { slug: 'payments', name: 'Payments', version: 8, deleted_at: '2026-02-01T00:00:00Z' });
  assert.equal(teams.get('payments').name, 'payments', 'the old news again');
  teams.remove(teams.get('payments'));
  tell('team.updated', next);
  assert.equal(teams.get('payments'), undefined, 'this page has deleted it');
});

test('what changes during a read is newer than what it reads', async () => {
  let answer;
  const { teams, tell, names } = begin(() => new Promise((resolve) => (answer = resolve)));
  teams.want();
  await settle();
  tell('team.created', team({ slug: 'search', name: 'Search' }));
  tell('team.deleted', { slug: 'web', name: 'Web', version: 2, deleted_at: '2026-02-01T00:00:00Z' });
  answer([team({}), team({ slug: 'web', name: 'Web' })]);
  await settle();
  assert.deepEqual(names().sort(), ['Payments', 'Search']);
});

test('they are read again when events may have been missed, or do not come', async () => {
  const { teams, sync, reads, say, names } = begin([team({})], [team({ slug: 'search', name: 'Search' })], []);
  teams.want();
  await settle();
  say('live', { fresh: false });
  await settle();
  assert.equal(reads.length, 1);
  say('live', { fresh: true });
  await settle();
  assert.equal(reads.length, 2);
  assert.deepEqual(names(), ['Search'], 'the other one is gone');
  say('state', { mode: 'live' }, sync);
  await settle();
  assert.equal(reads.length, 2);
  say('state', { mode: 'polling' }, sync);
  await settle();
  assert.equal(reads.length, 3);
});

test('a read that fails says why, and is tried again later', async () => {
  const fail = () => {
    throw new Error('The portal does not answer.');
  };
  const { teams, reads } = begin(fail, [team({})]);
  let changes = 0;
  teams.addEventListener('change', () => changes++);
  teams.want();
  await settle();
  assert.equal(teams.known, false);
  assert.equal(teams.why, 'The portal does not answer.');
  assert.equal(changes, 1);
  teams.want();
  await settle();
  assert.equal(reads.length, 1, 'not at once');
  teams.want(Date.now() + 15_000);
  await settle();
  assert.equal(reads.length, 2);
  assert.equal(teams.why, '');
});

test('services are counted by the word of their team', () => {
  const counts = tally([
    service({ name: 'a', team: 'Pay', status: 'down' }),
    service({ name: 'b', team: 'Pay' }),
    service({ name: 'c', team: 'constructor', status: 'unknown' }),
    service({ name: 'd' }),
  ]);
  assert.deepEqual(counts.get('Pay'), { total: 2, down: 1, degraded: 0, unknown: 0, healthy: 1 });
  assert.deepEqual(counts.get('constructor'), { ...nothing(), total: 1, unknown: 1 });
  assert.equal(counts.get('').total, 1);
  assert.ok(inTrouble(counts.get('Pay')));
  assert.ok(!inTrouble(counts.get('constructor')));
});

test('all teams are listed by name, also those that only services name', () => {
  const counts = tally([service({ team: 'Web' }), service({ team: 'beta' }), service({})]);
  const list = entries([team({ slug: 'web', name: 'Web' }), team({ slug: 'alpha', name: 'Alpha' })], counts);
  assert.deepEqual(
    list.map(({ name, team: known, count }) => [name, known?.slug, count.total]),
    [
      ['Alpha', 'alpha', 0],
      ['beta', undefined, 1],
      ['Web', 'web', 1],
    ],
  );
});

test('teams are found by words of their names, and by the word team', () => {
  const all = ['Payments', 'On call', 'Größe', 'Repay', 'Teamwork'].map((name) => team({ name, slug: name }));
  const names = (typed, most) => found(all, words(typed), most).map(({ name }) => name);
  assert.deepEqual(names('pay'), ['Payments', 'Repay']);
  assert.deepEqual(names('team pay'), ['Payments', 'Repay']);
  assert.deepEqual(names('call on'), ['On call']);
  assert.deepEqual(names('GRÖSSE'), ['Größe']);
  assert.deepEqual(names('team', 2), ['Größe', 'On call']);
  assert.deepEqual(names('p'), []);
  assert.deepEqual(names(''), []);
  assert.deepEqual(names('nobody'), []);
});

test('the least up come first, and last what nobody looked at', () => {
  const items = [
    { name: 'b', uptime: 1 },
    { name: 'c', uptime: null },
    { name: 'a', uptime: 1 },
    { name: 'd', uptime: 0.5 },
  ];
  assert.deepEqual(
    leastUp(items).map(({ name }) => name),
    ['d', 'a', 'b', 'c'],
  );
});
