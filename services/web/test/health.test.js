import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Health } from '../public/lib/health.js';
import { Channel } from './channel.js';

globalThis.BroadcastChannel = Channel;
const broken = {
  status: 'degraded',
  checks: [{ name: 'nats', status: 'unavailable', detail: 'Gone.', cure: 'Start it.' }],
};
const well = { status: 'ok', checks: [{ name: 'nats', status: 'ok' }] };

beforeEach((t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  Channel.clear();
});

// tab starts the Health of a tab. server.says is the next answer, or null for none.
function tab(t, server) {
  const told = [];
  const ask = async () => {
    server.asked++;
    if (!server.says) throw new Error('no answer');
    return server.says;
  };
  const health = new Health(ask, (said) => told.push(said));
  health.start();
  t.after(() => health.stop());
  return { health, told };
}

// pass advances the time in steps, between which answers arrive.
async function pass(t, ms) {
  for (let gone = 0; gone < ms; gone += 500) {
    t.mock.timers.tick(500);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('it polls soon after the start, then every 15 to 18 s, and tells each answer', async (t) => {
  const server = { asked: 0, says: broken };
  const { told } = tab(t, server);
  await pass(t, 2_000);
  assert.deepEqual(told, [broken]);
  server.says = well;
  await pass(t, 18_500);
  assert.deepEqual(told, [broken, well]);
  await pass(t, 180_000);
  assert.ok(server.asked >= 11 && server.asked <= 14, `${server.asked} times in 200 s`);
});

test('without an answer it tells nothing, and polls again', async (t) => {
  const server = { asked: 0, says: null };
  const { told } = tab(t, server);
  await pass(t, 2_000);
  server.says = broken;
  await pass(t, 18_500);
  assert.deepEqual([server.asked, told], [2, [broken]]);
});

test('checkSoon polls sooner, but at most every 5 s', async (t) => {
  const server = { asked: 0, says: broken };
  const { health } = tab(t, server);
  await pass(t, 8_000);
  assert.equal(server.asked, 1);
  health.checkSoon();
  await pass(t, 2_500);
  assert.equal(server.asked, 2);
  for (let i = 0; i < 60; i++) {
    health.checkSoon();
    await pass(t, 1_000);
  }
  assert.ok(server.asked >= 10 && server.asked <= 14, `${server.asked} times in a minute`);
});

test('about one tab of a browser polls, and all get the answer', async (t) => {
  const server = { asked: 0, says: broken };
  const tabs = Array.from({ length: 20 }, () => tab(t, server));
  await pass(t, 5_000);
  for (const { told } of tabs) assert.deepEqual(told.at(-1), broken);
  const before = server.asked;
  server.says = well;
  await pass(t, 18_500);
  for (const { told } of tabs) assert.deepEqual(told.at(-1), well);
  await pass(t, 160_000);
  assert.ok(server.asked - before <= 60, `${server.asked - before} times in 180 s by 20 tabs`);
});

test('a hidden page does not poll, and polls when it is shown', async (t) => {
  const server = { asked: 0, says: broken };
  const { health, told } = tab(t, server);
  health.show(false);
  health.checkSoon();
  await pass(t, 60_000);
  assert.equal(server.asked, 0);
  health.show(true);
  await pass(t, 2_500);
  assert.deepEqual([server.asked, told], [1, [broken]]);
});

test('a stopped Health does not poll, also after a pending answer, until it is started again', async (t) => {
  const server = { asked: 0, says: broken };
  const { health, told } = tab(t, server);
  t.mock.timers.tick(2_000);
  health.stop();
  await pass(t, 60_000);
  assert.deepEqual([server.asked, told], [1, []]);
  health.start();
  await pass(t, 2_500);
  assert.deepEqual([server.asked, told], [2, [broken]]);
});
