import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Live } from '../public/lib/live.js';

// Stands in for the browser's EventSource; a test says what comes through it.
class Source extends EventTarget {
  static CLOSED = 2;
  static opened = [];
  readyState = 1;

  constructor(url) {
    super();
    this.url = url;
    Source.opened.push(this);
  }

  close() {
    this.readyState = Source.CLOSED;
  }

  say(type, data = '{}') {
    this.dispatchEvent(Object.assign(new Event(type), { data }));
  }

  fail(readyState) {
    this.readyState = readyState;
    this.dispatchEvent(new Event('error'));
  }
}

function follow(t) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  Source.opened = [];
  const live = new Live('/api/events', Source);
  const told = [];
  for (const type of ['live', 'lost', 'message']) {
    live.addEventListener(type, ({ detail }) => told.push([type, detail]));
  }
  live.start();
  t.after(() => live.stop());
  return { live, told, source: () => Source.opened.at(-1) };
}

test('live from hello on, and fresh only once', (t) => {
  const { live, told, source } = follow(t);
  assert.equal(live.up, false);
  source().say('hello');
  source().say('hello'); // the browser came back by itself, and was told what it missed
  assert.equal(live.up, true);
  assert.deepEqual(told, [
    ['live', { fresh: true }],
    ['live', { fresh: false }],
  ]);
});

test('after a reset the list must be read anew', (t) => {
  const { told, source } = follow(t);
  source().say('hello');
  source().say('reset');
  assert.deepEqual(told.at(-1), ['live', { fresh: true }]);
});

test('events are passed on, and what cannot be read makes the list be read', (t) => {
  const { told, source } = follow(t);
  source().say('service.deleted', '{"id":"a"}');
  source().say('service.updated', '{"id":');
  assert.deepEqual(told, [
    ['message', { type: 'service.deleted', data: { id: 'a' } }],
    ['live', { fresh: true }],
  ]);
});

test('a stream that broke off is left to the browser', (t) => {
  const { live, told, source } = follow(t);
  source().say('hello');
  source().fail(0);
  assert.equal(live.up, false);
  assert.equal(told.at(-1)[0], 'lost');
  t.mock.timers.tick(60_000);
  assert.equal(Source.opened.length, 1);
});

test('a stream that the browser gave up is opened again, ever more slowly', (t) => {
  const { told, source } = follow(t);
  const opened = [];
  for (let i = 0; i < 8; i++) {
    source().fail(2);
    const before = Source.opened.length;
    let waited = 0;
    while (Source.opened.length === before) {
      t.mock.timers.tick(100);
      waited += 100;
    }
    opened.push(waited);
  }
  assert.ok(opened[0] <= 1000, `first after ${opened[0]} ms`);
  assert.ok(opened.at(-1) >= 15_000 && opened.at(-1) <= 30_000, `last after ${opened.at(-1)} ms`);
  assert.equal(told.filter(([type]) => type === 'lost').length, 0); // it never stood
});

test('stop stops', (t) => {
  const { live, source } = follow(t);
  source().fail(2);
  live.stop();
  t.mock.timers.tick(60_000);
  assert.equal(Source.opened.length, 1);
});
