import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Clock } from '../public/lib/clock.js';

const second = 1000;
const start = Date.parse('2026-01-02T12:00:00Z');
const header = (ms) => new Date(ms).toUTCString();

// begin mocks the browser's clock at start; the server's clock is ahead by `ahead`.
function begin(t, ahead) {
  t.mock.timers.enable({ apis: ['Date'], now: start });
  const clock = new Clock();
  const answer = (took = 0) => {
    const asked = Date.now();
    const date = header(asked + took / 2 + ahead);
    t.mock.timers.tick(took);
    clock.observe(date, asked, Date.now());
  };
  return { clock, answer, offset: () => clock.now() - Date.now() };
}

test('before the first answer, the browser’s clock is used', (t) => {
  assert.equal(begin(t, 0).offset(), 0);
});

test('clocks that may agree have no offset', (t) => {
  for (const ahead of [0, 300, 900]) {
    const { answer, offset } = begin(t, ahead);
    answer(40);
    assert.equal(offset(), 0);
    t.mock.timers.reset();
  }
});

for (const hours of [1, -1, 24 * 365]) {
  test(`a clock that is ${hours} h off: the first answer is right to the second, more are better`, (t) => {
    const ahead = hours * 3_600_000;
    const { answer, offset } = begin(t, ahead);
    answer(40);
    assert.ok(Math.abs(offset() - ahead) <= 520, `${offset() - ahead} ms off`);
    for (let i = 0; i < 10; i++) {
      t.mock.timers.tick(1130);
      answer(40);
    }
    assert.ok(Math.abs(offset() - ahead) <= 100, `${offset() - ahead} ms off`);
  });
}

test('a slow answer does not widen the range', (t) => {
  const { answer, offset } = begin(t, 3_600_000);
  answer(0);
  const before = offset();
  answer(14 * second);
  assert.equal(offset(), before);
});

test('a corrected clock is noticed with the next answer', (t) => {
  const { clock, answer, offset } = begin(t, 3_600_000);
  answer(0);
  clock.observe(header(Date.now()), Date.now(), Date.now());
  assert.equal(offset(), 0);
});

test('an answer without a valid date is ignored', (t) => {
  const { clock, offset } = begin(t, 0);
  for (const bad of [null, '', 'yesterday']) clock.observe(bad, Date.now(), Date.now());
  assert.equal(offset(), 0);
});
