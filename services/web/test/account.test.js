import assert from 'node:assert/strict';
import { test } from 'node:test';
import { account, may, more, notSignedIn, offersSignIn, withoutReason } from '../public/lib/account.js';

const me = (role, teams = [], kind = 'person') => ({ kind, role, teams });

test('what somebody may do, and how they may do more', () => {
  for (const [who, can, else_] of [
    [me('admin'), 'You may do everything, also manage access.', ''],
    [me('editor'), 'You may read, and change all services.', ''],
    [
      me('editor', ['Core', 'Web']),
      'You may read, and change services of Core, Web.',
      'For other teams, ask an admin.',
    ],
    [me('viewer'), 'You may read.', 'To do more you need another role: ask an admin.'],
    [me('viewer', [], 'anonymous'), 'You may read.', 'To do more, sign in.'],
    [me('none', [], 'anonymous'), 'You may not read this portal.', 'To do more, sign in.'],
  ]) {
    assert.equal(may(who), can);
    assert.equal(more(who), else_);
  }
});

test('signing in is offered where it makes a difference', () => {
  assert.equal(offersSignIn(me('admin', [], 'anonymous')), false);
  assert.equal(offersSignIn(me('editor', [], 'anonymous')), true);
  assert.equal(offersSignIn(me('viewer')), false);
});

test('a service can be changed by its team', () => {
  const before = account.me;
  for (const [who, team, can] of [
    [before, 'Core', true], // it is not known who is asking
    [me('viewer'), 'Core', false],
    [me('editor'), 'Core', true],
    [me('editor', ['Core']), 'Core', true],
    [me('editor', ['Core']), 'core', false],
    [me('editor', ['Core']), null, false],
    [me('admin', ['Web']), 'Core', true],
  ]) {
    account.me = who;
    assert.equal(account.mayChange({ team }), can, `${who.role} ${team}`);
  }
  account.me = before;
});

test('nobody changes the past', () => {
  const before = account.me;
  account.me = me('admin');
  account.past = true;
  assert.deepEqual([account.mayWrite, account.mayChange({ team: 'Core' })], [false, false]);
  account.past = false;
  assert.deepEqual([account.mayWrite, account.mayChange({ team: 'Core' })], [true, true]);
  account.me = before;
});

test('the address says why nobody was signed in', () => {
  assert.equal(notSignedIn('?q=a'), '');
  assert.match(notSignedIn('?signin=denied'), /refused/);
  assert.match(notSignedIn('?signin=whatever'), /something went wrong/);
  assert.equal(withoutReason('?q=a&signin=denied&team=b'), '?q=a&team=b');
  assert.equal(withoutReason('?signin=denied'), '');
});
