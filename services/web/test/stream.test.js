import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stream } from '../public/lib/stream.js';
import { Source } from './source.js';

function open(t, id = '') {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  Source.opened = [];
  const told = [];
  const stream = new Stream({ url: '/api/events', id, tell: (said) => told.push(said), Source });
  t.after(() => stream.close());
  return { stream, told };
}

test('it tells each event with its id and state', (t) => {
  const { stream, told } = open(t);
  Source.last.say('hello', { id: 'e-4' });
  Source.last.say('service.deleted', { id: 'e-5', data: '{"id":"a"}' });
  Source.last.say('heartbeat');
  assert.deepEqual(told, [
    { type: 'hello', data: '{}', id: 'e-4', up: true },
    { type: 'service.deleted', data: '{"id":"a"}', id: 'e-5', up: true },
    { type: 'heartbeat', data: '{}', id: 'e-5', up: true },
  ]);
  assert.deepEqual(stream.state, { id: 'e-5', up: true });
});

test('heartbeats before hello do not make the stream up', (t) => {
  const { told } = open(t, 'e-4');
  Source.last.say('heartbeat');
  assert.deepEqual(told, [{ type: 'heartbeat', data: '{}', id: 'e-4', up: false }]);
});

test('a new connection resumes at the last event', (t) => {
  const { stream, told } = open(t);
  assert.equal(Source.last.url, '/api/events');
  Source.last.say('hello', { id: 'e-4' });
  stream.reconnect();
  assert.equal(Source.last.url, '/api/events?last_event_id=e-4');
  assert.equal(Source.standing.length, 1);
  assert.deepEqual(told.at(-1), { type: 'lost', id: 'e-4', up: false });
});

test('the browser reconnects a broken stream', (t) => {
  const { told } = open(t);
  Source.last.say('hello', { id: 'e-4' });
  Source.last.fail(0);
  assert.equal(told.at(-1).type, 'lost');
  t.mock.timers.tick(60_000);
  assert.equal(Source.opened.length, 1);
});

test('a stream that the browser gave up is reopened with growing delays', (t) => {
  open(t);
  const opened = [];
  for (let i = 0; i < 8; i++) {
    Source.last.fail(2);
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
});

test('a closed stream stays closed', (t) => {
  const { stream } = open(t);
  Source.last.fail(2);
  stream.close();
  t.mock.timers.tick(60_000);
  assert.equal(Source.opened.length, 1);
});
