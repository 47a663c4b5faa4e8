import assert from 'node:assert/strict';
import { test } from 'node:test';
import { details, headline, revert, undoLabel } from '../public/lib/changes.js';

const change = { deed: 'updated', actor: { kind: 'anonymous' }, changes: [] };

test('a change says what was done by whom', () => {
  assert.deepEqual(headline(change), ['Changed by ', 'somebody']);
  assert.deepEqual(headline({ ...change, deed: 'created', actor: { kind: 'key', name: 'ci' } }), [
    'Added by ',
    { name: 'ci' },
  ]);
  assert.deepEqual(headline({ ...change, deed: 'repaired', actor: { kind: 'system', name: 'Relay' } }), [
    'Repaired after a loss of data by ',
    'the portal',
  ]);
  assert.deepEqual(headline({ ...change, deed: 'moved', actor: { kind: 'robot' } }), ['moved by ', 'somebody']);
});

test('an update lists its fields as a form names them', () => {
  const changes = [
    { field: 'team', before: 'Core', after: null },
    { field: 'tags', before: null, after: ['go', 'money'] },
    { field: 'owner', before: 'a', after: 'b' },
    { field: 'depends_on', before: ['redis'], after: ['db'] },
  ];
  assert.deepEqual(details({ ...change, changes }), [
    { field: 'Team', before: 'Core', after: '(empty)' },
    { field: 'Tags', before: '(empty)', after: 'go · money' },
    { field: 'owner', before: 'a', after: 'b' },
    { field: 'Needs', words: ['needs ', { name: 'db' }, ' · ', 'no longer needs ', { name: 'redis' }] },
  ]);
  assert.deepEqual(details({ ...change, deed: 'created', changes }), []);
});

test('a change of a team lists its fields as its own form names them', () => {
  const changes = [
    { field: 'page_url', before: null, after: 'https://page.example.com' },
    { field: 'name', before: 'Pay', after: 'Payments' },
  ];
  const fields = (kind) => details({ ...change, kind, changes }).map(({ field }) => field);
  assert.deepEqual(fields('team'), ['Page', 'Name']);
  assert.deepEqual(fields('service'), ['page_url', 'Name']);
});

test('updates and the last deletion can be taken back', () => {
  const label = (deed, latest) => undoLabel({ deed }, latest);
  assert.equal(label('updated', false), 'Undo');
  assert.equal(label('deleted', true), 'Restore');
  for (const deed of ['created', 'restored', 'repaired']) assert.equal(label(deed, true), '');
  assert.equal(label('deleted', false), '');
});

test('an edit is reverted by its fields alone', () => {
  const before = {
    name: 'billing',
    team: 'Core',
    description: null,
    tags: ['go'],
    depends_on: [{ id: 'db', name: 'db', kind: 'soft', note: null }],
  };
  assert.deepEqual(revert(before, ['team', 'description', 'tags']), { team: 'Core', description: null, tags: ['go'] });
  assert.deepEqual(revert(before, ['depends_on']), { depends_on: [{ id: 'db', kind: 'soft', note: null }] });
});
