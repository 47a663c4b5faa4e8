import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Awake } from '../public/lib/awake.js';

class Lock extends EventTarget {
  released = false;

  async release() {
    if (this.released) return;
    this.released = true;
    this.dispatchEvent(new Event('release'));
  }
}

class Screen extends EventTarget {
  hidden = false;

  // show makes the page visible or hidden. A browser takes the lock of a hidden one.
  show(visible, locks = []) {
    this.hidden = !visible;
    if (!visible) for (const lock of locks) void lock.release();
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

// begin returns a screen, and a wakeLock that gives locks, or rejects while refuses is set.
function begin() {
  const locks = [];
  const wakeLock = {
    refuses: false,
    async request(kind) {
      assert.equal(kind, 'screen');
      if (this.refuses) throw new Error('NotAllowedError');
      locks.push(new Lock());
      return locks.at(-1);
    },
  };
  const screen = new Screen();
  const awake = new Awake(wakeLock, screen);
  const told = [];
  awake.addEventListener('change', () => told.push(awake.state));
  return { awake, wakeLock, screen, locks, told };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('the lock is requested at the start, and released at the end', async () => {
  const { awake, locks, told } = begin();
  assert.equal(awake.state, '');
  awake.start();
  await settle();
  assert.deepEqual(told, ['awake']);
  awake.stop();
  assert.equal(locks[0].released, true);
  assert.equal(awake.state, '');
});

test('it is requested again when the page is visible again, and not while it is hidden', async () => {
  const { awake, screen, locks } = begin();
  awake.start();
  await settle();
  screen.show(false, locks);
  await settle();
  assert.equal(locks.length, 1);
  assert.equal(awake.state, '');
  screen.show(true);
  await settle();
  assert.equal(locks.length, 2);
  assert.equal(awake.state, 'awake');
});

test('after the end nothing is requested, and a lock that comes late is released', async () => {
  const { awake, screen, locks } = begin();
  awake.start();
  awake.stop();
  await settle();
  assert.equal(locks[0].released, true);
  screen.show(true);
  await settle();
  assert.equal(locks.length, 1);
});

test('a refusal is told, and it is tried again after a minute', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { awake, wakeLock, told } = begin();
  wakeLock.refuses = true;
  awake.start();
  await settle();
  assert.deepEqual(told, ['refused']);
  wakeLock.refuses = false;
  t.mock.timers.tick(60_000);
  await settle();
  assert.deepEqual(told, ['refused', 'awake']);
});

test('a lock that the browser takes from a visible page is told as refused', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { awake, locks, told } = begin();
  awake.start();
  await settle();
  await locks[0].release();
  assert.deepEqual(told, ['awake', 'refused']);
  t.mock.timers.tick(60_000);
  await settle();
  assert.equal(awake.state, 'awake');
});

test('a browser without locks is unsupported', () => {
  const awake = new Awake(undefined, new Screen());
  awake.start();
  assert.equal(awake.state, 'unsupported');
  awake.stop();
  assert.equal(awake.state, '');
});
