import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clock, day, dayTitle, exactly, shortDay, shortWeekday, timeOfDay, utcDay, when } from '../public/lib/dates.js';

const now = new Date(2026, 2, 17, 15).getTime();
const at = (...parts) => new Date(...parts).toISOString();

test('a moment has its day unless that is today', () => {
  assert.equal(when(at(2026, 2, 17, 9, 5), now), '09:05');
  assert.equal(when(at(2026, 2, 3, 14, 2), now), '3 March, 14:02');
  assert.equal(when(at(2025, 11, 31, 23, 59), now), '31 December 2025, 23:59');
});

test('days are named from now', () => {
  assert.equal(dayTitle(at(2026, 2, 17), now), 'Today, 17 March');
  assert.equal(dayTitle(at(2026, 2, 16, 23, 59), now), 'Yesterday, 16 March');
  assert.equal(dayTitle(at(2026, 2, 14), now), 'Saturday, 14 March');
  assert.equal(dayTitle(at(2025, 11, 31), at(2026, 0, 1)), 'Yesterday, 31 December 2025');
});

test('a moment of the past has all that tells it from others', () => {
  assert.equal(exactly(new Date(2026, 2, 14, 2, 10).getTime(), now), 'Sat 14 Mar, 02:10');
  assert.equal(exactly(new Date(2026, 2, 14, 2, 10, 24).getTime(), now), 'Sat 14 Mar, 02:10:24');
  assert.equal(exactly(new Date(2025, 11, 31, 23, 59).getTime(), now), 'Wed 31 Dec 2025, 23:59');
  assert.equal(shortWeekday(at(2026, 2, 14)), 'Sat 14');
});

test('moments may be texts, dates or milliseconds', () => {
  const moment = new Date(2026, 2, 17, 4, 5, 6);
  for (const one of [moment, moment.getTime(), moment.toISOString()]) {
    assert.equal(timeOfDay(one), '04:05');
    assert.equal(clock(one), '04:05:06');
    assert.equal(day(one, now), '17 March');
    assert.equal(shortDay(one), '17 Mar');
  }
  assert.equal(utcDay('2026-03-17T00:00:00Z'), '17/03/2026');
});
