import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finish, reconcile, slices } from '../public/lib/reconcile.js';

// A fake parent with the part of the DOM that reconcile uses; it counts the moves.
class Parent {
  children = [];
  inserted = 0;

  get firstElementChild() {
    return this.children[0] ?? null;
  }

  insertBefore(child, before) {
    child.remove();
    this.children.splice(before ? this.children.indexOf(before) : this.children.length, 0, child);
    child.parent = this;
    this.inserted++;
  }
}

class Child {
  parent = null;

  constructor(key) {
    this.key = key;
  }

  get nextElementSibling() {
    const { children } = this.parent;
    return children[children.indexOf(this) + 1] ?? null;
  }

  remove() {
    if (this.parent) this.parent.children.splice(this.parent.children.indexOf(this), 1);
    this.parent = null;
  }
}

function list(keys) {
  const parent = new Parent();
  const made = new Map();
  const show = (wanted) => {
    parent.inserted = 0;
    const element = (key) => {
      if (!made.has(key)) made.set(key, new Child(key));
      return made.get(key);
    };
    return reconcile(parent, [...wanted], element);
  };
  finish(show(keys));
  return { parent, made, show, keys: () => parent.children.map(({ key }) => key).join('') };
}

const changes = {
  'nothing new moves nothing': ['abcde', 'abcde', 0],
  'one more is inserted': ['abde', 'abcde', 1],
  'what is gone is taken away': ['abcde', 'ace', 0],
  'from the end to the top is one move': ['abcde', 'eabcd', 1],
  'from the top to the end is one move': ['abcde', 'bcdea', 1],
  'another list altogether': ['abc', 'xyz', 3],
  'from nothing': ['', 'ab', 2],
  'to nothing': ['ab', '', 0],
};

for (const [name, [from, to, moves]] of Object.entries(changes)) {
  test(`reconcile: ${name}`, () => {
    const it = list(from);
    finish(it.show(to));
    assert.equal(it.keys(), to);
    assert.equal(it.parent.inserted, moves);
  });
}

test('every order can become every other, and children are kept', () => {
  const orders = ['abcdef', 'fedcba', 'badcfe', 'cfaedb', 'ace', 'xbydzf'];
  for (const from of orders) {
    for (const to of orders) {
      const it = list(from);
      const before = new Map(it.made);
      finish(it.show(to));
      assert.equal(it.keys(), to);
      for (const child of it.parent.children) {
        if (before.has(child.key)) assert.equal(child, before.get(child.key));
      }
    }
  }
});

test('another child for the same key takes its place, and at no step are there both', () => {
  const it = list('abc');
  const before = [...it.parent.children];
  it.made.clear();
  for (const _ of it.show('abc')) assert.equal(it.keys(), 'abc');
  for (const child of before) assert.ok(!it.parent.children.includes(child));
});

const pause = () => new Promise((resolve) => setImmediate(resolve));

test('the top is done first, the rest in later slices', async () => {
  const it = list('');
  const keys = Array.from({ length: 50 }, (_, i) => i);
  const seen = [];
  await slices(it.show(keys), {
    pause,
    signal: new AbortController().signal,
    between: () => seen.push(it.parent.children.length),
  });
  assert.ok(seen.length > 1);
  assert.equal(it.parent.children.length, 50);
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  );
});

test('children that do not move are done at once', async () => {
  const keys = Array.from({ length: 50 }, (_, i) => i);
  const it = list(keys);
  let pauses = 0;
  const rest = () => {
    pauses++;
    return pause();
  };
  const options = { budget: 1000, signal: new AbortController().signal, between: () => {} };
  assert.equal(await slices(it.show(keys), { ...options, pause: rest }), true);
  assert.equal(pauses, 0);
});

test('an aborted layout stops', async () => {
  const it = list('');
  const job = new AbortController();
  await slices(it.show('abcdef'), { budget: 0, pause, signal: job.signal, between: () => job.abort() });
  assert.ok(it.parent.children.length < 6);
});
