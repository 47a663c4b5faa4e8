import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asText, byField, changes, check, isWebAddress, merge, room, splitTags, toForm } from '../public/lib/fields.js';
import { service } from './service.js';

const form = (fields) => toForm(service({ name: 'billing', ...fields }));

test('untouched fields are not sent', () => {
  const opened = form({
    description: ' two\n lines ',
    tags: ['a, b', 'x/y', ' "c'],
    status_url: 'https://x.example.com/',
  });
  assert.deepEqual(changes(opened, { ...opened }), {});
  assert.deepEqual(changes(opened, { ...opened, team: 'Payments' }), { team: 'Payments' });
});

test('a new service sends the filled fields', () => {
  const opened = toForm({});
  assert.deepEqual(changes(opened, { ...opened, name: ' x ', status: 'down', tags: ['go'] }), {
    name: 'x',
    status: 'down',
    tags: ['go'],
  });
});

test('an emptied field is null, and surrounding blanks are no change', () => {
  const opened = form({ team: 'Payments', docs_url: 'https://docs.example.com/', tags: ['go'] });
  assert.deepEqual(changes(opened, { ...opened, team: ' ', docs_url: '', tags: [], name: ' billing ' }), {
    team: null,
    docs_url: null,
    tags: [],
  });
});

test('the status is not sent with a health URL, and is when that is removed', () => {
  const opened = form({ status_url: 'https://x.example.com/', status: 'healthy' });
  assert.deepEqual(changes(opened, { ...opened, status: 'down' }), {});
  assert.deepEqual(changes(opened, { ...opened, status_url: '' }), { status_url: null, status: 'healthy' });
  const byHand = form({ status: 'healthy' });
  const mine = { ...byHand, status: 'down', status_url: 'https://x.example.com/' };
  assert.deepEqual(changes(byHand, mine), { status_url: 'https://x.example.com/' });
});

const need = { id: 'db', name: 'db', kind: 'hard', note: '' };
const meetings = {
  'different fields are both kept': [{ team: 'A' }, { tags: ['go'], name: 'b' }, { tags: ['go'], name: 'b' }, []],
  'the same field is asked about': [{ team: 'A' }, { team: 'B', tags: ['go'] }, { tags: ['go'] }, ['team']],
  'the same value is no dispute': [{ team: 'A', tags: ['a, b'] }, { team: 'A', tags: ['a, b'] }, {}, []],
  'both cleared it, too': [{ description: '' }, { description: null }, {}, []],
  'tags are a field': [{ tags: ['x'] }, { tags: ['y'] }, {}, ['tags']],
  'what it needs is a field': [{ depends_on: [need] }, { depends_on: [{ ...need, kind: 'soft' }] }, {}, ['depends_on']],
  'what it needs is taken': [{ team: 'A' }, { depends_on: [need] }, { depends_on: [need] }, []],
  'needing the same is no dispute': [{ depends_on: [need] }, { depends_on: [{ ...need, name: 'renamed' }] }, {}, []],
  'what a probe measured is no change': [{ team: 'A' }, { latency_ms: 4, version: 2 }, {}, []],
  'a health URL would take a status that was said': [
    { status: 'down' },
    { status_url: 'https://x.example.com/', status: 'healthy' },
    {},
    ['status_url'],
  ],
};

for (const [name, [mine, theirs, taken, disputed]] of Object.entries(meetings)) {
  test(`merge: ${name}`, () => {
    const before = { description: 'both know', status: 'unknown' };
    const opened = form(before);
    const sides = { base: opened, opened, mine: { ...opened, ...mine }, theirs: form({ ...before, ...theirs }) };
    assert.deepEqual(merge(sides), { taken, disputed });
  });
}

test('a text normalised by a control is not disputed', () => {
  const base = form({ description: 'a\r\nb' });
  const opened = { ...base, description: 'a\nb' };
  const theirs = { ...base, description: 'c' };
  assert.deepEqual(merge({ base, theirs, opened, mine: opened }), { taken: { description: 'c' }, disputed: [] });
});

test('typed tags are split at commas, without empty ones', () => {
  assert.deepEqual(splitTags(' go, ,tier-1, two words,'), ['go', 'tier-1', 'two words']);
});

const rooms = {
  'nothing while there is plenty': ['a'.repeat(79), ''],
  'what is left when it is little': ['a'.repeat(80), '20 characters left'],
  'one is one': ['a'.repeat(99), '1 character left'],
  'what is too much': ['a'.repeat(101), '1 character too many'],
  'characters, not halves of them': ['🦊'.repeat(79), ''],
};
for (const [name, [text, want]] of Object.entries(rooms)) {
  test(`room: ${name}`, () => assert.equal(room(text, 100), want));
}

const addresses = {
  'https://example.com/a?b=c': true,
  'HTTP://example.com': true,
  'javascript:alert(1)': false,
  'java\nscript:alert(1)': false,
  'data:text/html,x': false,
  '//example.com': false,
  'example.com': false,
  'http:example.com': false,
  'https://': false,
  '': false,
};

for (const [address, want] of Object.entries(addresses)) {
  test(`isWebAddress: ${JSON.stringify(address)} is ${want}`, () => assert.equal(isWebAddress(address), want));
}

test('an error that the server would find is reported at its field', () => {
  const at = (opened, body) => check(opened, body).map(({ field }) => field);
  const links = { docs_url: 'javascript:alert(1)', github_url: 'https://example.com' };
  assert.deepEqual(at({ name: '' }, links), ['name', 'docs_url']);
  assert.deepEqual(at({ name: 'x' }, { name: null }), ['name']);
  assert.deepEqual(at({ name: 'x', docs_url: 'was let in once' }, { team: 'y' }), []);
});

test("the server's messages go to their fields word for word, the rest to the form", () => {
  const problem = {
    status: 422,
    message: 'Two fields are wrong.',
    errors: [
      { field: 'status_url', message: 'must be http or https' },
      { field: 'tags[3]', message: 'is too long' },
      { field: 'colour', message: 'is not a field' },
    ],
  };
  assert.deepEqual(byField(problem), {
    fields: { status_url: 'must be http or https', tags: 'is too long' },
    rest: 'is not a field',
  });
});

test('an error of an entry is reported at its control, or at its first one', () => {
  const known = { depends_on: 'Needs', 'depends_on[0].kind': '', 'depends_on[1].kind': '', 'depends_on[1].note': '' };
  const at = (field) => byField({ status: 422, errors: [{ field, message: 'is wrong' }] }, known);
  for (const [field, want] of Object.entries({
    'depends_on[1].note': 'depends_on[1].note',
    'depends_on[1]': 'depends_on[1].kind',
    'depends_on[1].other': 'depends_on',
    'depends_on[2]': 'depends_on',
    depends_on: 'depends_on',
  })) {
    assert.deepEqual(at(field), { fields: { [want]: 'is wrong' }, rest: '' }, field);
  }
});

test('what a service needs is sent as a whole, and only if it changed', () => {
  const opened = form({ depends_on: [{ ...need, note: null }] });
  assert.deepEqual(changes(opened, { ...opened, depends_on: [{ ...need, name: 'renamed', note: ' ' }] }), {});
  assert.deepEqual(changes(opened, { ...opened, depends_on: [] }), { depends_on: [] });
  const more = [need, { id: '', name: 'mail', kind: 'soft', note: 'n' }];
  assert.deepEqual(changes(opened, { ...opened, depends_on: more }).depends_on[1], {
    name: 'mail',
    kind: 'soft',
    note: 'n',
  });
  assert.equal(asText(more), 'db · mail (soft): n');
});

test('a name conflict is reported at the name', () => {
  assert.deepEqual(byField({ status: 409, message: 'Taken.', errors: [] }), { fields: { name: 'Taken.' }, rest: '' });
});

test('a conflict that names its field is reported there alone', () => {
  const problem = { status: 409, message: 'Taken.', errors: [{ field: 'team', message: 'is taken' }] };
  assert.deepEqual(byField(problem), { fields: { team: 'is taken' }, rest: '' });
});

test('any other problem is reported for the whole form', () => {
  assert.deepEqual(byField({ status: 500, message: 'Sorry.', errors: [] }), { fields: {}, rest: 'Sorry.' });
});
