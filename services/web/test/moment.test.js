import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  age,
  format,
  labels,
  marks,
  momentOf,
  moved,
  parse,
  span,
  wholeSecond,
  withMoment,
} from '../public/lib/moment.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const at = Date.parse('2026-03-14T02:10:00Z');
const now = Date.parse('2026-03-16T09:30:30Z');

test('a moment in an address is exact, or in the zone of the reader', () => {
  const local = new Date(2026, 2, 14, 2, 10).getTime();
  for (const [text, want] of Object.entries({
    '2026-03-14T02:10:00Z': at,
    '2026-03-14T02:10Z': at,
    '2026-03-14t02:10z': at,
    '2026-03-14T03:10:00+01:00': at,
    '2026-03-14T03:10:00 01:00': at, // as URLSearchParams reads a plus
    '2026-03-13T21:10:00-05:00': at,
    '2026-03-14T02:10:00.123456Z': at + 123,
    '2026-03-14T02:10': local,
    '2026-03-14 02:10': local,
    '2026-03-14': new Date(2026, 2, 14).getTime(),
    '': Number.NaN,
    now: Number.NaN,
    '2026-03-14T25:10Z': Number.NaN,
    '2026-13-14': Number.NaN,
    '14.03.2026': Number.NaN,
    1773454200000: Number.NaN,
  })) {
    assert.equal(parse(text), want, text);
  }
  assert.equal(format(at), '2026-03-14T02:10:00Z');
  assert.equal(parse(format(at + 5)), at + 5);
});

test('the list and services have a past, and other pages have not', () => {
  const of = (address) => {
    const { pathname, search } = new URL(address, 'https://portal.example');
    return momentOf({ pathname, search });
  };
  for (const address of ['/', '/?team=a&at=2026-03-14T02:10:00Z', '/services/billing?at=2026-03-14T02:10:00Z']) {
    assert.equal(of(address), address === '/' ? null : at, address);
  }
  assert.equal(of('/graph?focus=a&at=2026-03-14T02:10:00Z'), at);
  assert.ok(Number.isNaN(of('/?at=x')));
  for (const address of ['/access', '/?wall', '/teams', '/teams/payments', '/teams?name=a', '/nothing/here']) {
    assert.equal(of(`${address}${address.includes('?') ? '&' : '?'}at=2026-03-14`), null, address);
    assert.equal(withMoment(address, at).includes('at='), false, address);
  }
});

test('an address keeps what it has beside the moment', () => {
  assert.equal(withMoment('/', at), '/?at=2026-03-14T02:10:00Z');
  assert.equal(withMoment('/?team=a%26b&q=x+y', at), '/?team=a%26b&q=x+y&at=2026-03-14T02:10:00Z');
  assert.equal(withMoment('/services/a%20b?at=2020-01-01', at), '/services/a%20b?at=2026-03-14T02:10:00Z');
  for (const none of [null, Number.NaN]) {
    assert.equal(withMoment('/?at=2026-03-14T02:10:00Z&team=a', none), '/?team=a');
    assert.equal(withMoment('/services/a?at=2026-03-14', none), '/services/a');
  }
});

test('what happened within a second has happened at its end', () => {
  assert.equal(wholeSecond('2026-03-14T02:10:00Z'), at);
  assert.equal(wholeSecond('2026-03-14T02:10:00.000Z'), at);
  assert.equal(wholeSecond('2026-03-14T02:10:00.000001Z'), at + 1000);
  assert.equal(wholeSecond('2026-03-14T02:09:59.9Z'), at);
});

test('the slider is over the last week, or around an older moment', () => {
  assert.deepEqual(span(at, now + 999, null, null), { from: now + 1000 - 7 * day, to: now });
  assert.deepEqual(span(at, now, at - 5500, null), { from: at - 5000, to: now });
  const old = at - 30 * day;
  const around = { from: old - 3.5 * day, to: old + 3.5 * day };
  assert.deepEqual(span(old, now, null, null), around);
  assert.deepEqual(span(old + day, now, null, around), around);
  assert.deepEqual(span(at, now, null, around), span(at, now, null, null));
  const begin = at - 20 * day;
  assert.deepEqual(span(old, now, begin, null), { from: begin, to: begin + 7 * day });
  assert.deepEqual(span(now, now, now - 1000, null), { from: now - 1000, to: now });
});

test('keys move by ten minutes, one, or an hour, and to the ends', () => {
  const within = { from: at - 2 * hour, to: at + 30 * minute };
  const by = (key, shiftKey = false) => {
    const to = moved(at, { key, shiftKey }, within);
    return to === null ? null : (to - at) / minute;
  };
  assert.deepEqual(
    ['ArrowLeft', 'ArrowDown', 'ArrowRight', 'ArrowUp', 'PageDown', 'PageUp', 'Home', 'End', 'a'].map((key) => by(key)),
    [-10, -10, 10, 10, -60, 30, -120, 30, null],
  );
  assert.deepEqual([by('ArrowLeft', true), by('ArrowRight', true)], [-1, 1]);
});

const falls = [
  { at: new Date(at - hour).toISOString(), services: 1, status: 'degraded' },
  { at: '2026-03-14T02:09:59.5Z', services: 3, status: 'down' },
  { at: new Date(at + hour).toISOString(), services: 40, status: 'down' },
];

test('marks are the taller the more services fell', () => {
  const within = { from: at - 2 * hour, to: at + 2 * hour };
  assert.equal(marks(falls, within, 'degraded'), 'M250.0 18v-8');
  assert.equal(marks(falls, within, 'down'), 'M500.0 18v-12M750.0 18v-18');
  assert.equal(marks(falls, { from: at + 2 * hour, to: at + 3 * hour }, 'down'), '');
});

test('the slider is labelled with days or with times', () => {
  const midnight = new Date(2026, 2, 10).getTime();
  const days = labels({ from: midnight + hour, to: midnight + 7 * day + hour });
  assert.equal(days.length, 7);
  assert.ok(days.every(({ at, day }) => day && new Date(at).getHours() === 0));
  const times = labels({ from: midnight + hour + 1, to: midnight + 3 * hour });
  assert.deepEqual(
    times.map(({ at, day }) => [(at - midnight) / minute, day]),
    [90, 120, 150].map((n) => [n, false]),
  );
});

test('the age of a moment has two units', () => {
  assert.equal(age(now - 3 * day - 12 * hour - minute, now), '3 d 12 h ago');
  assert.equal(age(now + 1000, now), '0 s ago');
});
