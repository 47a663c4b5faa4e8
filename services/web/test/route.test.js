import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, internalTarget, route, teamAddress, teamNamed } from '../public/lib/route.js';

const origin = 'https://portal.example';
const plain = { button: 0 };
const link = (href, more = {}) => ({
  href: new URL(href, origin).href,
  target: '',
  hasAttribute: () => false,
  ...more,
});

for (const [path, want] of Object.entries({
  '/': { page: 'catalogue', params: {} },
  '/services/019a': { page: 'service', params: { id: '019a' } },
  '/services/019a/': { page: 'service', params: { id: '019a' } },
  '/services/a%20b': { page: 'service', params: { id: 'a b' } },
  '/services/%E0%A4%A': { page: 'service', params: { id: '%E0%A4%A' } },
  '/services': { page: 'notFound', params: {} },
  '/graph': { page: 'graph', params: {} },
  '/graph/': { page: 'graph', params: {} },
  '/scorecards': { page: 'scorecards', params: {} },
  '/scorecards/': { page: 'scorecards', params: {} },
  '/scorecards/x': { page: 'notFound', params: {} },
  '/graph/x': { page: 'notFound', params: {} },
  '/teams': { page: 'teams', params: {} },
  '/teams/': { page: 'teams', params: {} },
  '/teams/payments': { page: 'team', params: { team: 'payments' } },
  '/teams/Payments%20Core/': { page: 'team', params: { team: 'Payments Core' } },
  '/teams/a/b': { page: 'notFound', params: {} },
  '/services/a/b': { page: 'notFound', params: {} },
  '/constructor': { page: 'notFound', params: {} },
})) {
  test(`${path} is an address of ${want.page}`, () => assert.deepEqual(route(path), want));
}

test('the wall is the start page with "wall" in the search, and nothing else is', () => {
  for (const search of ['?wall', '?wall=', '?team=Payments&wall=1']) {
    assert.deepEqual(route('/', search), { page: 'wall', params: {} });
  }
  assert.equal(route('/', '?q=wall').page, 'catalogue');
  assert.equal(route('/access', '?wall').page, 'access');
});

test('the address of a service leads to it, for any id', () => {
  for (const id of ['019a', 'a/b', 'ä ?#']) {
    assert.deepEqual(route(new URL(address(id), origin).pathname), { page: 'service', params: { id } });
  }
});

test('a team has an address by its slug, and one by its name', () => {
  const at = (address) => {
    const { pathname, search } = new URL(address, origin);
    return route(pathname, search);
  };
  assert.deepEqual(at(teamAddress('payments')), { page: 'team', params: { team: 'payments' } });
  for (const name of ['Payments Core', 'a/b', 'ä ?#&=', 'payments']) {
    assert.deepEqual(at(teamNamed(name)), { page: 'team', params: { name } });
  }
  assert.deepEqual(at('/teams?name='), { page: 'teams', params: {} });
});

for (const [what, event, to, want] of [
  ['a page', plain, link('/services/x'), '/services/x'],
  ['a view', plain, link('/?q=a+b'), '/?q=a+b'],
  ['a page in this window', plain, link('/', { target: '_self' }), '/'],
  ['a place in the page', plain, link('/#services'), ''],
  ['another site', plain, link('https://elsewhere.example/'), ''],
  ['a script', plain, { ...link('/'), href: 'javascript:alert(1)' }, ''],
  ['a file', plain, link('/favicon.svg'), ''],
  ['the API', plain, link('/api/docs'), ''],
  ['what only sounds like the API', plain, link('/apiary'), '/apiary'],
  ['a new window', plain, link('/', { target: '_blank' }), ''],
  ['a download', plain, link('/', { hasAttribute: (name) => name === 'download' }), ''],
  ['a page, with a key held', { button: 0, ctrlKey: true }, link('/'), ''],
  ['a page, with another button', { button: 1 }, link('/'), ''],
  ['what somebody has taken already', { button: 0, defaultPrevented: true }, link('/'), ''],
  ['nothing', plain, null, ''],
]) {
  test(`a click that leads to ${what} is ${want ? 'ours' : "the browser's"}`, () => {
    assert.equal(internalTarget(event, to, origin), want);
  });
}
