import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allReleases, known, note, published } from '../public/lib/releases.js';

test('a problem says what to do, and that releases are from before', () => {
  assert.match(note({ problem: 'not_found', items: [] }), /^No repository was found at the code link\..* token/);
  assert.match(note({ problem: 'unreachable', items: [{}] }), /asks again by itself\. These are from before\.$/);
  assert.equal(note({ problem: 'eclipse', items: [] }), 'The releases could not be read (eclipse).');
  assert.equal(note({ items: [] }), 'No releases yet.');
  assert.equal(note({ items: [{}] }), '');
});

test('nothing is said where nobody has looked', () => {
  assert.equal(known({ items: [] }), false);
  assert.equal(known({ repository: 'https://github.com/a/b', items: [] }), false);
  assert.equal(known({ repository: 'https://github.com/a/b', checked_at: '2026-03-14T09:00:00Z', items: [] }), true);
});

test('all releases are where the forge has them', () => {
  const repository = 'https://git.example/a/b';
  for (const [url, want] of [
    ['https://github.com/a/b/releases/tag/v1', 'https://github.com/a/b/releases'],
    ['https://gitlab.com/a/b/-/releases/v1', 'https://gitlab.com/a/b/-/releases'],
    ['https://git.example/v1', repository],
    [undefined, repository],
  ])
    assert.equal(allReleases({ repository, items: [{ url }] }), want);
});

test('a release says its tag, and what else is known', () => {
  assert.deepEqual(published({ tag: 'v1' }), { words: [{ name: 'v1' }, ' released'], more: [], link: '' });
  assert.deepEqual(
    published({ tag: 'v2', title: 'Faster', author: 'ada', prerelease: true, url: 'javascript:alert(1)' }),
    {
      words: [{ name: 'v2' }, ' pre-released', ': ', { name: 'Faster' }],
      more: ['by ', { name: 'ada' }],
      link: '',
    },
  );
});
