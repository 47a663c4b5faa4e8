import assert from 'node:assert/strict';
import { test } from 'node:test';
import { before, cause, days, joined, known, said, saidOf, shortVersion, telling } from '../public/lib/timeline.js';

const status = (at, fields) => ({ at, kind: 'status', status: { from: 'healthy', to: 'healthy', ...fields } });

test('a change of status says why, and for how long', () => {
  const down = status('2026-03-14T14:02:00Z', { to: 'down', reason: 'connect_refused', until: '2026-03-14T14:23:00Z' });
  const none = { more: [], link: '', after: [] };
  assert.deepEqual(said(down), { ...none, icon: 'down', words: ['Down: connection refused'], more: ['for 21 min'] });
  const back = status('2026-03-14T14:23:00Z', { from: 'down', reason: 'ok', until: '2026-03-15T00:00:00Z' });
  assert.deepEqual(said(back, down), { ...none, icon: 'healthy', words: ['Healthy'], more: ['after 21 min down'] });
  assert.deepEqual(said(status('2026-03-14T15:00:00Z', { to: 'degraded', reason: 'http_5xx', http_status: 503 })), {
    ...none,
    icon: 'degraded',
    words: ['Degraded: HTTP 503'],
  });
  assert.deepEqual(said(status('2026-03-14T15:00:00Z', { to: 'unknown', reason: 'stale' })).words, [
    'Unknown: no result for three intervals',
  ]);
  assert.deepEqual(said(status('2026-03-14T15:00:00Z', { reason: 'manual' })).words, ['Healthy: set by hand']);
  assert.deepEqual(said(status('2026-03-14T15:00:00Z', { to: 'unknown', reason: 'deleted' })).words, [
    'No longer in the portal',
  ]);
  assert.deepEqual(said(status('2026-03-14T15:00:00Z', { to: 'down', reason: 'dns_failure' })).words, [
    'Down: DNS lookup failed',
  ]);
});

test('a change by a person says who made it, and a kind of later versions that it is there', () => {
  const change = { deed: 'updated', actor: { kind: 'person', name: 'Ada' }, changes: [] };
  assert.deepEqual(said({ at: '', kind: 'change', change }).words, ['Changed by ', { name: 'Ada' }]);
  assert.deepEqual(said({ at: '', kind: 'eclipse' }).words, ['Something of the kind eclipse']);
});

test('of several services the words follow the name of one', () => {
  const words = (moment) => saidOf({ at: '', ...moment }).words;
  assert.deepEqual(words(status('', { to: 'down', reason: 'dns' })), ['down: host name not found']);
  assert.deepEqual(words(status('', { to: 'degraded', reason: 'http_5xx', http_status: 503 })), ['degraded: HTTP 503']);
  assert.deepEqual(
    words({ kind: 'deployment', deployment: { action: 'deployed', version: 'V2', environment: 'live' } }),
    [{ name: 'V2' }, ' deployed', ' to ', { name: 'live' }],
  );
  const change = { deed: 'updated', actor: { kind: 'person', name: 'Ada' }, changes: [] };
  assert.deepEqual(words({ kind: 'change', change }), ['changed by ', { name: 'Ada' }]);
  assert.deepEqual(said({ at: '', kind: 'change', change: { ...change, kind: 'team' } }).words, [
    'The team was changed by ',
    { name: 'Ada' },
  ]);
});

test('a status is compared with the one before of the same service', () => {
  const of = (id, at) => ({ ...status(at), service: { id } });
  const [a2, b2, a1, b1] = [of('a', '4'), of('b', '3'), of('a', '2'), of('b', '1')];
  const change = { kind: 'change', at: '3', service: { id: 'a' } };
  const all = [a2, change, b2, a1, b1];
  assert.equal(before(all, a2), a1);
  assert.equal(before(all, b2), b1);
  assert.equal(before(all, change), a1);
  assert.equal(before(all, a1), undefined);
  const [later, earlier] = [status('2'), status('1')];
  assert.equal(before([later, earlier], later), earlier);
});

test('the newest moments join those that are known, unless something is missing in between', () => {
  const at = (second) => ({ at: `2026-03-14T14:00:0${second}Z` });
  const [a, b, c, d, e] = [5, 4, 3, 2, 1].map(at);
  assert.deepEqual(joined([a, b, c], [b, c, d, e]), [a, b, c, d, e]);
  assert.deepEqual(joined([b, c], [b, c, d]), [b, c, d]);
  assert.deepEqual(joined([a, b], [d, e]), [a, b]);
  assert.deepEqual(joined([a, b], []), [a, b]);
  assert.deepEqual(joined([], []), []);
});

test('a release says its tag, who made it, and where it is', () => {
  const release = { tag: 'v1.8.2', title: 'Faster', author: 'ada', url: 'https://forge.example/v1.8.2' };
  assert.deepEqual(said({ at: '', kind: 'release', release }), {
    icon: 'tag',
    words: [{ name: 'v1.8.2' }, ' released', ': ', { name: 'Faster' }],
    more: ['by ', { name: 'ada' }],
    link: release.url,
    after: [],
  });
});

test('that nobody had looked yet says nothing', () => {
  assert.equal(telling({ kind: 'status', status: { to: 'unknown' } }), false);
  assert.equal(telling({ kind: 'status', status: { from: 'down', to: 'unknown', reason: 'stale' } }), true);
  assert.equal(telling({ kind: 'change' }), true);
});

test('moments are grouped by the day of the reader', () => {
  const at = (day, hour) => new Date(2026, 2, day, hour).toISOString();
  const moments = [at(17, 14), at(17, 1), at(16, 23), at(14, 2)].map((time) => ({ at: time }));
  const groups = days(moments, new Date(2026, 2, 17, 15).getTime());
  assert.deepEqual(
    groups.map(({ title, moments: list }) => [title, list.length]),
    [
      ['Today, 17 March', 2],
      ['Yesterday, 16 March', 1],
      ['Saturday, 14 March', 1],
    ],
  );
  const [{ title }] = days([{ at: at(14, 2) }], new Date(2027, 0, 1).getTime());
  assert.equal(title, 'Saturday, 14 March 2026');
});

test('what is known of the present status', () => {
  const after = { kind: 'deployment', at: '2', version: 'v2' };
  const moments = [
    { at: '4', kind: 'change' },
    { at: '3', kind: 'status', status: { from: 'degraded', to: 'down', after } },
    { at: '2', kind: 'status', status: { from: 'healthy', to: 'degraded' } },
    { at: '1', kind: 'status', status: { from: 'healthy', to: 'down' } },
  ];
  const nothing = { healthy: '', after: null, since: '' };
  assert.deepEqual(known({ status: 'down' }, moments), { healthy: '2', after, since: '3' });
  assert.deepEqual(known({ status: 'healthy' }, moments), nothing);
  assert.deepEqual(known({ status: 'down' }, moments.slice(0, 1)), nothing);
  assert.deepEqual(
    known({ status: 'degraded' }, moments.slice(0, 2)),
    nothing,
    'the timeline is older than the status',
  );
});

test('what came shortly before is said with its time and who did it', () => {
  const words = (after) =>
    cause({ at: '2026-03-14T13:58:00Z', ...after }, '2026-03-14T14:02:10Z')
      .map((part) => part.name ?? part)
      .join('');
  const deployment = { kind: 'deployment', action: 'deployed', version: 'v1.8.2' };
  assert.equal(words({ ...deployment, by: 'its pipeline' }), '4 min after v1.8.2 was deployed by its pipeline');
  assert.equal(words({ ...deployment, environment: 'production' }), '4 min after v1.8.2 was deployed');
  assert.equal(words({ ...deployment, environment: 'staging' }), '4 min after v1.8.2 was deployed to staging');
  assert.equal(
    words({ ...deployment, action: 'rolledback', by: 'Ada' }),
    '4 min after it was rolled back to v1.8.2 by Ada',
  );
  assert.equal(words({ ...deployment, at: '2026-03-14T14:02:10Z' }), 'just after v1.8.2 was deployed');
  assert.equal(
    words({ kind: 'change', changed: ['interval', 'name', 'status_url'], by: 'Ada' }),
    '4 min after its check interval and its health URL were changed by Ada',
  );
  assert.equal(words({ kind: 'release', version: 'v3', by: 'ada' }), '4 min after v3 was released by ada');
  assert.equal(words({ kind: 'eclipse' }), '4 min after something of the kind eclipse');
});

test('of several changes after the same deployment the first one says so', () => {
  const after = { kind: 'deployment', at: '2026-03-14T13:58:00Z', version: 'v2' };
  const down = status('2026-03-14T14:02:00Z', { to: 'down', after });
  assert.equal(said(down).after.length, 3);
  assert.deepEqual(said(status('2026-03-14T14:03:00Z', { after }), down).after, []);
  assert.equal(
    said(status('2026-03-14T14:03:00Z', { after: { ...after, at: '2026-03-14T14:02:30Z' } }), down).after.length,
    3,
  );
});

test('a deployment says what came where, by whom, and where to see more', () => {
  const deployment = {
    action: 'upgraded',
    version: 'v1.8.2',
    environment: 'production',
    by: 'its pipeline',
    url: 'https://ci.example/1',
  };
  const moment = { at: '', kind: 'deployment', deployment };
  const { icon, words, more, link } = said(moment);
  assert.deepEqual(
    [icon, words, more, link],
    [
      'deploy',
      [{ name: 'v1.8.2' }, ' deployed', ' to ', { name: 'production' }],
      ['by ', { name: 'its pipeline' }],
      'https://ci.example/1',
    ],
  );
  assert.equal(said({ ...moment, deployment: { ...deployment, url: 'javascript:alert(1)' } }).link, '');
  const back = said({ ...moment, deployment: { action: 'rolledback', version: 'v1.8.1' } });
  assert.deepEqual([back.words, back.more, back.link], [['Rolled back to ', { name: 'v1.8.1' }], [], '']);
});

test('hashes are shortened, and versions are not', () => {
  const hash = '0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa';
  assert.equal(shortVersion(hash), '0b31b1c02ff4');
  assert.equal(shortVersion(`sha256:${hash}${hash.slice(0, 24)}`), 'sha256:0b31b1c02ff4');
  assert.equal(shortVersion('v1.8.2'), 'v1.8.2');
  assert.equal(shortVersion('20261129123456789012345678901234x'), '20261129123456789012345678901234x');
});
