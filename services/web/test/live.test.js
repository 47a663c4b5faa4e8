import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Live } from '../public/lib/live.js';
import { Stream } from '../public/lib/stream.js';
import { Channel } from './channel.js';
import { Source } from './source.js';

globalThis.BroadcastChannel = Channel;
const limit = 40_000; // ms, in which a silent stream has been noticed
const settled = 200; // ms, in which tabs know who holds the stream

beforeEach((t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
  Source.opened = [];
  Channel.clear();
});

function tab(t) {
  const live = new Live('/api/events', (from) => new Stream({ url: '/api/events', ...from, Source }));
  const told = [];
  for (const type of ['live', 'lost', 'message']) {
    live.addEventListener(type, ({ detail }) => told.push(detail ? [type, detail] : [type]));
  }
  live.start();
  t.mock.timers.tick(settled);
  return { live, told };
}

// pass lets time go by in steps: one tick has all its timers see its end.
function pass(t, ms) {
  for (let gone = 0; gone < ms; gone += 500) t.mock.timers.tick(500);
}

const tabs = (t, n) => Array.from({ length: n }, () => tab(t));
const fresh = ['live', { fresh: true }];
const resumed = ['live', { fresh: false }];
const deleted = { type: 'service.deleted', data: { id: 'a' } };

test('live from hello on, and fresh unless it stands where it stood', (t) => {
  const { live, told } = tab(t);
  assert.equal(live.up, false);
  Source.last.say('hello', { id: 'e-1' });
  assert.equal(live.up, true);
  Source.last.fail(0);
  assert.equal(live.up, false);
  Source.last.say('hello', { id: 'e-1' }); // the browser came back by itself, and is told what it missed
  assert.equal(live.up, true);
  assert.deepEqual(told, [fresh, ['lost'], resumed]);
});

test('after a reset the list must be read anew', (t) => {
  const { told } = tab(t);
  Source.last.say('hello', { id: 'e-1' });
  Source.last.say('reset', { id: 'f-1' });
  assert.deepEqual(told.at(-1), fresh);
});

test('events are passed on, and what cannot be read makes the list be read', (t) => {
  const { told } = tab(t);
  Source.last.say('hello', { id: 'e-1' });
  Source.last.say('service.deleted', { id: 'e-2', data: '{"id":"a"}' });
  Source.last.say('service.updated', { id: 'e-3', data: '{"id":' });
  assert.deepEqual(told.slice(1), [['message', deleted], fresh]);
});

test('a stream that is silent is not live, and is opened anew where it stood', (t) => {
  const { live, told } = tab(t);
  Source.last.say('hello', { id: 'e-1' });
  for (let i = 0; i < 10; i++) {
    t.mock.timers.tick(15_000);
    Source.last.say('heartbeat');
  }
  assert.equal(Source.opened.length, 1);
  assert.equal(live.up, true);
  pass(t, limit);
  assert.equal(live.up, false);
  assert.deepEqual(told, [fresh, ['lost']]);
  assert.equal(Source.opened.length, 2);
  assert.equal(Source.last.url, '/api/events?last_event_id=e-1');
  assert.equal(Source.standing.length, 1);
  Source.last.say('hello', { id: 'e-1' });
  assert.deepEqual(told.at(-1), resumed);
});

test('a connection on which nothing ever comes is tried again', (t) => {
  tab(t);
  pass(t, limit);
  assert.equal(Source.opened.length, 2);
  assert.equal(Source.standing.length, 1);
});

test('a computer that slept opens the stream anew as soon as it wakes', (t) => {
  const { live } = tab(t);
  Source.last.say('hello', { id: 'e-1' });
  t.mock.timers.setTime(Date.now() + 3_600_000); // moves the time of day, and no timer
  t.mock.timers.tick(2_000);
  assert.equal(live.up, false);
  assert.equal(Source.opened.length, 2);
});

test('a clock that is set back does not make a silent stream live', (t) => {
  t.mock.timers.tick(10 * 3_600_000);
  const { live } = tab(t);
  Source.last.say('hello', { id: 'e-1' });
  const real = Date.now;
  t.mock.method(Date, 'now', () => real() - 3_600_000);
  pass(t, limit);
  assert.equal(live.up, false);
});

test('tabs share one stream, and each hears all of it', (t) => {
  const all = tabs(t, 8);
  assert.equal(Source.opened.length, 1);
  Source.last.say('hello', { id: 'e-1' });
  Source.last.say('service.deleted', { id: 'e-2', data: '{"id":"a"}' });
  for (const { live, told } of all) {
    assert.equal(live.up, true);
    assert.deepEqual(told, [fresh, ['message', deleted]]);
  }
});

test('a tab that comes later is live at once, and reads the list', (t) => {
  tab(t);
  Source.last.say('hello', { id: 'e-1' });
  const { live, told } = tab(t);
  assert.equal(live.up, true);
  assert.deepEqual(told, [fresh]);
  assert.equal(Source.opened.length, 1);
});

test('a tab whose first news is an event reads the list', (t) => {
  tab(t);
  Source.last.say('hello', { id: 'e-1' });
  const answer = t.mock.method(Channel.prototype, 'postMessage', () => {}); // it is late
  const second = new Live('/api/events');
  const told = [];
  second.addEventListener('live', ({ detail }) => told.push(detail));
  second.start();
  answer.mock.restore();
  Source.last.say('service.deleted', { id: 'e-2', data: '{"id":"a"}' });
  assert.deepEqual(told, [{ fresh: true }]);
  second.stop();
});

test('when the tab that holds the stream goes, another goes on, and none misses anything', (t) => {
  const all = tabs(t, 8);
  Source.last.say('hello', { id: 'e-1' });
  while (all.length > 1) {
    all.shift().live.stop(); // which may be the one that holds it
    t.mock.timers.tick(settled);
    assert.equal(Source.standing.length, 1);
    Source.last.say('hello', { id: 'e-1' });
    for (const { live, told } of all) {
      assert.equal(live.up, true);
      assert.deepEqual(told, [fresh]);
    }
  }
  assert.match(Source.last.url, /last_event_id=e-1$/);
});

test('when nobody can go on with the stream, the tabs are soon not live', (t) => {
  const [first, second] = tabs(t, 2);
  Source.last.say('hello', { id: 'e-1' });
  first.live.stop();
  pass(t, 8_000); // the new one's connection does not answer
  assert.equal(second.live.up, false);
  assert.deepEqual(second.told.at(-1), ['lost']);
});

test('a tab that holds the stream and hangs: the others notice, and one goes on', (t) => {
  const hung = new Channel();
  const { live, told } = tab(t);
  hung.postMessage({ type: 'mine', id: 'e-1', up: true, tab: -1 });
  assert.equal(live.up, true);
  pass(t, limit);
  assert.equal(live.up, false);
  assert.deepEqual(told, [fresh, ['lost']]);
  assert.equal(Source.standing.length, 1);
});

test('of two tabs that both took the stream, one keeps it', (t) => {
  const deaf = t.mock.method(Channel.prototype, 'postMessage', () => {}); // each is too busy to hear the other
  const both = tabs(t, 2);
  deaf.mock.restore();
  assert.equal(Source.standing.length, 2);
  for (const source of Source.standing) source.say('hello', { id: 'e-1' });
  assert.equal(Source.standing.length, 1);
  for (const { live } of both) assert.equal(live.up, true);
  Source.standing[0].say('service.deleted', { id: 'e-2', data: '{"id":"a"}' });
  for (const { told } of both) assert.deepEqual(told.at(-1), ['message', deleted]);
});

test('a tab that nobody sees leaves the stream to one that somebody sees', (t) => {
  const [first, second] = tabs(t, 2);
  const before = Source.last;
  before.say('hello', { id: 'e-1' });
  first.live.show(false);
  assert.equal(before.readyState, Source.CLOSED);
  t.mock.timers.tick(settled);
  Source.last.say('hello', { id: 'e-1' });
  assert.deepEqual([first.live.up, second.live.up], [true, true]);
  second.live.show(false);
  pass(t, limit);
  assert.equal(Source.standing.length, 0); // nobody sees either
  assert.deepEqual([first.live.up, second.live.up], [false, false]);
  first.live.show(true);
  t.mock.timers.tick(settled);
  assert.equal(Source.last.url, '/api/events?last_event_id=e-1');
});

test('stop stops', (t) => {
  const { live } = tab(t);
  Source.last.fail(2);
  live.stop();
  t.mock.timers.tick(60_000);
  assert.equal(Source.opened.length, 1);
});
