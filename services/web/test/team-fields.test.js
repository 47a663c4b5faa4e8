import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byField, check, merge } from '../public/lib/fields.js';
import { changes, contacts, renames, teamLabels, teamLinks, toForm } from '../public/lib/team-fields.js';
import { team } from './team.js';

test('only what a person changed is sent, and what is emptied is null', () => {
  const opened = toForm(team({ email: 'pay@example.com', description: 'Money.' }));
  assert.deepEqual(changes(opened, opened), {});
  assert.deepEqual(changes(opened, { ...opened, name: ' Pay ', email: ' ' }), { name: 'Pay', email: null });
  assert.deepEqual(changes(toForm({}), { ...toForm({}), name: 'Search' }), { name: 'Search' });
});

test('what only others changed is taken, and what both changed is asked about', () => {
  const base = toForm(team({}));
  const sides = {
    base,
    opened: base,
    mine: { ...base, name: 'mine', email: 'a@example.com' },
    theirs: { ...base, name: 'theirs', chat_url: 'https://chat.example.com/' },
  };
  assert.deepEqual(merge({ ...sides, known: teamLabels }), {
    taken: { chat_url: 'https://chat.example.com/' },
    disputed: ['name'],
  });
});

test('errors are reported at the fields of a team', () => {
  const body = { name: null, chat_url: 'javascript:1', page_url: 'x', docs_url: 'https://docs.example.com/' };
  const found = check({ name: '' }, body, teamLinks).map(({ field }) => field);
  assert.deepEqual(found, ['name', 'chat_url', 'page_url']);
  const problem = { status: 422, message: '', errors: [{ field: 'email', message: 'is no address' }] };
  assert.deepEqual(byField(problem, teamLabels).fields, { email: 'is no address' });
});

test('a new name says how many services get it too', () => {
  assert.equal(renames('Pay', 'Payments ', 12), '12 services get the new name too.');
  assert.equal(renames('Pay', 'Payments', 1), '1 service gets the new name too.');
  for (const [before, after, services] of [
    ['Pay', ' Pay ', 12],
    ['Pay', '', 12],
    ['Pay', 'Payments', 0],
    ['', 'Payments', 3],
  ]) {
    assert.equal(renames(before, after, services), '');
  }
});

test('contacts are addresses, and nothing else becomes a link', () => {
  const none = { chat_url: '', email: '', page_url: '', docs_url: '' };
  assert.deepEqual(contacts(undefined), none);
  assert.deepEqual(contacts(team({})), none);
  assert.deepEqual(contacts(team({ chat_url: 'javascript:alert(1)', page_url: '//x', email: 'no address' })), none);
  assert.deepEqual(contacts(team({ email: 'a&b?subject=x@example.com', docs_url: 'https://docs.example.com/' })), {
    ...none,
    email: 'mailto:a%26b%3Fsubject%3Dx@example.com',
    docs_url: 'https://docs.example.com/',
  });
});
