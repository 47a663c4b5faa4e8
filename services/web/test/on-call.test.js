import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  at,
  described,
  firstToEnd,
  left,
  names,
  nobody,
  progress,
  reach,
  source,
  starting,
  telephone,
  trouble,
  unread,
} from '../public/lib/on-call.js';
import { answer, person, rotation, shift } from './on-call.js';

const now = Date.parse('2026-11-30T10:00:00Z');
const ada = shift('Ada', '2026-11-30T08:00:00Z', '2026-12-07T08:00:00Z');
const grace = shift('Grace', '2026-12-07T08:00:00Z', '2026-12-14T08:00:00Z');
const feed = { host: 'calendar.example.com', read_at: '2026-11-30T09:57:00Z', problem: null, covers_until: null };

test('a few words say who is on call, or that nobody is', () => {
  assert.equal(described(undefined), '');
  assert.equal(described(answer({ now: [ada, ada, grace] })), 'On call: Ada, Grace');
  assert.equal(
    described(answer({ now: [ada] }), (name) => `<${name}>`),
    'On call: <Ada>',
  );
  assert.equal(described(answer({})), 'Nobody is on call');
  assert.equal(described(answer({ kind: null })), 'No on-call plan');
  assert.deepEqual(names(answer({ now: [ada, ada] })), ['Ada']);
});

test('that nobody is on call is said with the reason, or until when', () => {
  const said = (fields) => nobody(answer(fields), now);
  const waiting = { kind: 'calendar', feed: { ...feed, read_at: null } };
  assert.equal(said({ now: [ada] }), '');
  assert.equal(said({ kind: null }), 'No on-call plan');
  assert.equal(said({}), 'Nobody is on call.');
  const next = { next: [grace], changes_at: grace.from };
  assert.equal(said(next), `Nobody is on call until ${at(grace.from, now)}.`);
  assert.equal(said(waiting), 'Not known yet: the calendar is being read.');
  assert.equal(
    said({ ...waiting, feed: { ...waiting.feed, problem: 'denied' } }),
    'Not known: the calendar could not be read.',
  );
  assert.equal(said({ kind: 'calendar', feed }), 'Nobody is on call.');
  assert.equal(unread(answer(waiting)), true);
  assert.equal(unread(answer({ kind: 'calendar', feed })), false);
});

test('a shift says how much of it is left, and one to come in how long it begins', () => {
  assert.equal(left(ada, now), '6 d 22 h left');
  assert.equal(left(shift('Ada', null, '2026-11-30T10:00:30Z'), now), 'less than a minute left');
  assert.equal(left(shift('Ada', null, '2026-11-30T10:00:00Z'), now), '', 'it is over');
  assert.equal(left(shift('Desk', null, null), now), '', 'it has no end');
  assert.equal(starting(grace, now), 'in 6 d 22 h');
  assert.equal(starting(shift('Ada', '2026-11-30T10:00:01Z', null), now), 'in less than a minute');
  assert.equal(starting(ada, now), '');
});

test('several people are on call until the first of them is not', () => {
  assert.deepEqual(firstToEnd(answer({ now: [grace, ada] })), { until: ada.until });
  assert.deepEqual(firstToEnd(answer({ now: [shift('Desk', null, null), ada] })), { until: ada.until });
  for (const now of [[], [shift('Desk', null, null)]]) assert.deepEqual(firstToEnd(answer({ now })), { until: null });
});

test('the bar of a shift has its mark at now, and one without begin or end has no bar', () => {
  assert.equal(progress(ada, now), 12);
  assert.equal(progress(ada, Date.parse(ada.from) - 1), 0);
  assert.equal(progress(ada, Date.parse(ada.until) + 1), 1000);
  assert.equal(progress(shift('Desk', null, null), now), null);
  assert.equal(progress(shift('Ada', ada.from, ada.from), now), null);
});

test('where it comes from is said for each kind of plan', () => {
  assert.equal(source(answer({ kind: 'contact', zone: null }), undefined, now), 'One contact, at all hours.');
  const said = (fields) => source(answer({}), rotation(fields), now);
  assert.equal(said({}), 'Rotation, handover every 7 days at 09:00 Europe/Zurich.');
  assert.equal(said({ shift_days: 1, zone: 'UTC' }), 'Rotation, handover every day at 09:00 UTC.');
  assert.equal(source(answer({}), { kind: 'rotation' }, now), 'Rotation, Europe/Zurich.', 'of an event');
  const calendar = (fields) => source(answer({ kind: 'calendar', feed: { ...feed, ...fields } }), undefined, now);
  assert.equal(calendar({}), 'From the calendar feed of calendar.example.com, read 3 min ago.');
  assert.equal(calendar({ read_at: null }), 'From the calendar feed of calendar.example.com, not read yet.');
});

test('the problem of a calendar is said with what to do about it', () => {
  const said = (fields, shifts) => trouble(answer({ kind: 'calendar', feed: { ...feed, ...fields }, ...shifts }));
  assert.equal(trouble(answer({})), '');
  assert.equal(said({}), '');
  for (const problem of ['not_found', 'denied', 'rate_limited', 'unreachable', 'bad_answer', 'too_large', 'blocked']) {
    assert.match(said({ problem }, { now: [ada] }), /calendar.*\. .*\. The shifts are from before\.$/);
    assert.doesNotMatch(said({ problem }), /before/);
  }
  assert.match(said({ problem: 'new_one' }), /\(new_one\)/);
});

test('a person is reached by addresses, and nothing else becomes a link', () => {
  const none = { page: '', phone: '', email: '' };
  assert.deepEqual(reach(person('Ada')), none);
  assert.deepEqual(reach(person('Ada', { url: 'javascript:alert(1)', email: 'x', phone: '()' }), 'data:x'), none);
  const known = person('Ada', { url: 'https://page.example.com/ada', email: 'a&b@example.com', phone: '+41 44 000' });
  assert.deepEqual(reach(known, 'https://page.example.com/team'), {
    page: 'https://page.example.com/ada',
    phone: 'tel:+4144000',
    email: 'mailto:a%26b@example.com',
  });
  assert.equal(reach(person('Ada'), 'https://page.example.com/team').page, 'https://page.example.com/team');
});

test('a number is dialled without what people write for the eye', () => {
  assert.equal(telephone('+41 (0)44 123.45-67/8'), 'tel:+41441234567' + '8');
  assert.equal(telephone('(044) 123'), 'tel:044123');
  assert.equal(telephone('+'), '');
});
