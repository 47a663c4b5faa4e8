import assert from 'node:assert/strict';
import { test } from 'node:test';
import { details } from '../public/lib/changes.js';
import { edited, merge } from '../public/lib/fields.js';
import {
  changes,
  isWhole,
  located,
  nextStart,
  planLabels,
  read,
  toForm,
  words,
  write,
} from '../public/lib/on-call-plan.js';
import { person, rotation } from './on-call.js';
import { team } from './team.js';

const form = (plan) => toForm(team({ on_call: plan }));

test('a form in which nobody typed is not changed, whatever order the plan came in', () => {
  const opened = form(rotation());
  const { people, zone, ...rest } = rotation().rotation;
  const typed = { kind: 'rotation', rotation: { zone, ...rest, shift_days: '7', people } };
  assert.deepEqual(changes(opened, { on_call: write(typed) }), {});
  assert.deepEqual(changes(form(undefined), { on_call: write(null) }), {});
});

test('the whole plan is sent, with null for what is empty, or null for none', () => {
  const contact = { name: ' Desk ', email: ' ', phone: '', url: '' };
  const typed = write({ kind: 'contact', contact, rotation: {} });
  assert.deepEqual(changes(form(null), { on_call: typed }), {
    on_call: { kind: 'contact', contact: person('Desk') },
  });
  assert.deepEqual(changes(form(rotation()), { on_call: write(null) }), { on_call: null });
  const overrides = [{ from: '2026-12-24T09:00', until: '2026-12-26T09:00', person: { name: 'Grace' } }];
  const { on_call: sent } = changes(form(null), { on_call: write(rotation({ overrides, shift_days: '14' })) });
  assert.equal(sent.rotation.shift_days, 14);
  assert.deepEqual(sent.rotation.overrides, [{ ...overrides[0], person: person('Grace') }]);
});

test('the address of a calendar is sent only if there is a new one', () => {
  const read = { kind: 'calendar', calendar: { host: 'calendar.example.com' } };
  const opened = form(read);
  const typed = (url) => ({ on_call: write({ kind: 'calendar', calendar: { url, host: 'calendar.example.com' } }) });
  assert.deepEqual(changes(opened, typed(' ')), {});
  const url = 'https://calendar.example.com/other.ics';
  assert.equal(changes(opened, typed(url)).on_call.calendar.url, url);
  assert.deepEqual(changes(form(null), { on_call: write({ kind: 'calendar', calendar: { url: '', host: '' } }) }), {
    on_call: { kind: 'calendar', calendar: {} },
  });
});

test('a plan that somebody else changed is taken, and asked about if it was changed here too', () => {
  const [base, theirs, mine] = [form(null), form(rotation()), form(rotation({ zone: 'UTC' }))];
  const known = planLabels;
  assert.deepEqual(merge({ base, theirs, opened: base, mine: base, known }), { taken: theirs, disputed: [] });
  assert.deepEqual(merge({ base, theirs, opened: base, mine, known }), { taken: {}, disputed: ['on_call'] });
  assert.deepEqual(edited(base, theirs, known), ['on_call']);
  assert.equal(read(theirs.on_call).kind, 'rotation');
});

test('errors are reported at the controls of their paths', () => {
  const names = [
    'on_call',
    'on_call.rotation.zone',
    'on_call.rotation.people[0].name',
    'on_call.rotation.people[0].url',
  ];
  const at = (field) => Object.keys(located({ status: 422, errors: [{ field, message: 'is wrong' }] }, names).fields);
  assert.deepEqual(at('on_call.rotation.zone'), ['on_call.rotation.zone']);
  assert.deepEqual(at('on_call.rotation.people[0].url'), ['on_call.rotation.people[0].url']);
  assert.deepEqual(at('on_call.rotation.people[0]'), ['on_call.rotation.people[0].name'], 'the first of a group');
  assert.deepEqual(at('on_call.rotation.people'), ['on_call.rotation.people[0].name']);
  assert.deepEqual(at('on_call.calendar.url'), ['on_call'], 'what it is within');
  assert.deepEqual(at('name'), []);
  const problem = { status: 422, message: 'It is wrong.', errors: [{ field: 'name', message: 'is wrong' }] };
  assert.deepEqual(located(problem, names), { fields: {}, rest: 'is wrong' });
  assert.deepEqual(located({ status: 503, message: 'The disk is full.' }, names), {
    fields: {},
    rest: 'The disk is full.',
  });
});

test('a plan in words has a line for each person', () => {
  assert.equal(words(null), '(empty)');
  assert.equal(words({ kind: 'contact', contact: person('Desk', { phone: '044' }) }), 'Contact: Desk, 044');
  const overrides = [{ from: '2026-12-24T09:00', until: '2026-12-26T09:00', person: person('Grace') }];
  assert.equal(
    words(rotation({ overrides })),
    'Rotation, every 7 days from 2026-11-30 09:00 Europe/Zurich\n1. Ada, ada@example.com\n2. Grace, +41 44 000 00 00\n' +
      '2026-12-24 09:00 to 2026-12-26 09:00: Grace',
  );
  const calendar = { host: 'calendar.example.com' };
  assert.equal(words({ kind: 'calendar', calendar }), 'Calendar feed of calendar.example.com');
  assert.equal(
    words({ kind: 'calendar', calendar: { ...calendar, url: 'https://x.example.com/secret' } }),
    'Calendar feed of calendar.example.com, changed',
  );
});

test('the trail says a plan before and after', () => {
  const change = { deed: 'updated', kind: 'team', changes: [{ field: 'on_call', before: null, after: rotation() }] };
  const [{ field, before, after }] = details(change);
  assert.equal(field, 'On call');
  assert.equal(before, '(empty)');
  assert.match(after, /^Rotation, every 7 days/);
});

test('of a plan in an event only the kind is known', () => {
  assert.equal(isWhole({ kind: 'rotation' }), false);
  for (const plan of [null, undefined, rotation()]) assert.equal(isWhole(plan), true);
});

test('a new rotation begins on the next Monday', () => {
  assert.equal(nextStart(new Date(2026, 10, 30, 8)), '2026-12-07T09:00', 'a Monday');
  assert.equal(nextStart(new Date(2026, 11, 6, 23)), '2026-12-07T09:00', 'a Sunday');
  assert.equal(nextStart(new Date(2026, 11, 31, 12)), '2027-01-04T09:00');
});
