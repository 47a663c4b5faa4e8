import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Live } from '../public/lib/live.js';
import { Stream } from '../public/lib/stream.js';
import { Channel } from './channel.js';
import { Source } from './source.js';

globalThis.BroadcastChannel = Channel;
const limit = 40_000; // ms within which a silent stream is noticed
const settled = 200; // ms within which tabs have elected the holder

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

// pass advances the time in steps, because all timers of one tick see the time of its end.
function pass(t, ms) {
  for (let gone = 0; gone < ms; gone += 500) t.mock.timers.tick(500);
}

const tabs = (t, n) => Array.from({ length: n }, () => tab(t));
const fresh = ['live', { fresh: true }];
const resumed = ['live', { fresh: false }];
const deleted = { type: 'service.deleted', data: { id: 'a' } };

test('it is live from hello on, and fresh unless it resumes at the last event', (t) => {
  const { live, told } = tab(t);
  assert.equal(live.up, false);
  Source.last.say('hello', { id: 'e-1' });
  assert.equal(live.up, true);
  Source.last.fail(0);
  assert.equal(live.up, false);
  Source.last.say('hello', { id: 'e-1' }); // the browser reconnected by itself, and gets the missed events
  assert.equal(live.up, true);
  assert.deepEqual(told, [fresh, ['lost'], resumed]);
});

test('after a reset the list must be read again', (t) => {
  const { told } = tab(t);
  Source.last.say('hello', { id: 'e-1' });
  Source.last.say('reset', { id: 'f-1' });
  assert.deepEqual(told.at(-1), fresh);
});

test('events are forwarded, and an unreadable one makes the list be read', (t) => {
  const { told } = tab(t);
  Source.last.say('hello', { id: 'e-1' });
  Source.last.say('service.deleted', { id: 'e-2', data: '{"id":"a"}' });
  Source.last.say('service.updated', { id: 'e-3', data: '{"id":' });
  assert.deepEqual(told.slice(1), [['message', deleted], fresh]);
});

test('a silent stream is not live, and reconnects at the last event', (t) => {
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

test('a connection without any message is retried', (t) => {
  tab(t);
  pass(t, limit);
  assert.equal(Source.opened.length, 2);
  assert.equal(Source.standing.length, 1);
});

test('the stream reconnects as soon as the computer wakes from sleep', (t) => {
  const { live } = tab(t);
  Source.last.say('hello', { id: 'e-1' });
  t.mock.timers.setTime(Date.now() + 3_600_000); // changes the wall-clock time, but fires no timer
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

test('tabs share one stream, and each receives all events', (t) => {
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

test('a tab whose first message is an event reads the list', (t) => {
  tab(t);
  Source.last.say('hello', { id: 'e-1' });
  const answer = t.mock.method(Channel.prototype, 'postMessage', () => {}); // the answer is late
  const second = new Live('/api/events');
  const told = [];
  second.addEventListener('live', ({ detail }) => told.push(detail));
  second.start();
  answer.mock.restore();
  Source.last.say('service.deleted', { id: 'e-2', data: '{"id":"a"}' });
  assert.deepEqual(told, [{ fresh: true }]);
  second.stop();
});

test('when the holder of the stream closes, another tab takes over, and none misses an event', (t) => {
  const all = tabs(t, 8);
  Source.last.say('hello', { id: 'e-1' });
  while (all.length > 1) {
    all.shift().live.stop(); // it may be the holder
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

test('when no tab can take over the stream, the tabs are soon not live', (t) => {
  const [first, second] = tabs(t, 2);
  Source.last.say('hello', { id: 'e-1' });
  first.live.stop();
  pass(t, 8_000); // the new holder's connection does not answer
  assert.equal(second.live.up, false);
  assert.deepEqual(second.told.at(-1), ['lost']);
});

test('when the holder hangs, the others notice, and one takes over', (t) => {
  const hung = new Channel();
  const { live, told } = tab(t);
  hung.postMessage({ type: 'mine', id: 'e-1', up: true, tab: -1 });
  assert.equal(live.up, true);
  pass(t, limit);
  assert.equal(live.up, false);
  assert.deepEqual(told, [fresh, ['lost']]);
  assert.equal(Source.standing.length, 1);
});

test('if two tabs both take the stream, one keeps it', (t) => {
  const deaf = t.mock.method(Channel.prototype, 'postMessage', () => {}); // each is too busy to receive the other's message
  const both = tabs(t, 2);
  deaf.mock.restore();
  assert.equal(Source.standing.length, 2);
  for (const source of Source.standing) source.say('hello', { id: 'e-1' });
  assert.equal(Source.standing.length, 1);
  for (const { live } of both) assert.equal(live.up, true);
  Source.standing[0].say('service.deleted', { id: 'e-2', data: '{"id":"a"}' });
  for (const { told } of both) assert.deepEqual(told.at(-1), ['message', deleted]);
});

test('a hidden tab leaves the stream to a visible one', (t) => {
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
  assert.equal(Source.standing.length, 0); // both are hidden
  assert.deepEqual([first.live.up, second.live.up], [false, false]);
  first.live.show(true);
  t.mock.timers.tick(settled);
  assert.equal(Source.last.url, '/api/events?last_event_id=e-1');
});

test('stop closes the stream', (t) => {
  const { live } = tab(t);
  Source.last.fail(2);
  live.stop();
  t.mock.timers.tick(60_000);
  assert.equal(Source.opened.length, 1);
});
