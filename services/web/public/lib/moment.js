// The moment that an address asks for, the slider around it, and when services fell. Moments
// are in ms. Independent of the DOM.
import { lengthy } from './history.js';
import { route } from './route.js';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const week = 7 * day;
const mostLabels = 7;

// In an address a plus is a space.
const written = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[ +-]\d\d:\d\d)?)?$/i;

// parse reads a moment: a time without a zone is one of the reader's. It returns NaN if it is none.
export function parse(text) {
  const found = written.exec(text.trim());
  if (!found) return Number.NaN;
  const [, date, time = '00:00', zone = ''] = found;
  return Date.parse(`${date}T${time}${zone.replace(' ', '+')}`.toUpperCase());
}

// format writes a moment as in addresses and in the API: "2026-03-14T02:10:00Z".
export function format(at) {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}

// momentOf returns the moment that an address shows: null if it shows the present, NaN if what it
// names is no time. Only the list, services and the graph can be shown as they were.
export function momentOf({ pathname, search }) {
  const text = new URLSearchParams(search).get('at');
  return text === null || !hasPast(pathname, search) ? null : parse(text);
}

function hasPast(path, search) {
  return ['catalogue', 'service', 'graph'].includes(route(path, search).page);
}

// withMoment returns an address that shows a moment, if its page can; null: the present.
export function withMoment(address, at) {
  const [path, query = ''] = address.split('?');
  const params = new URLSearchParams(query);
  params.delete('at');
  const rest = params.toString();
  if (at === null || Number.isNaN(at) || !hasPast(path, query)) return rest ? `${path}?${rest}` : path;
  return `${path}?${rest && `${rest}&`}at=${format(at)}`;
}

// wholeSecond rounds a time of the API, which has microseconds, up: at it, what happened then has
// happened.
export function wholeSecond(time) {
  return Math.floor(Date.parse(time) / second) * second + (/\.0*[1-9]/.test(time) ? second : 0);
}

// span returns the time of the slider, in whole seconds: the last week or, for a moment before it,
// the week around that. It does not begin before the record, if that is known. before is the span
// so far, which stays while the moment is in it.
export function span(at, now, begin, before) {
  const last = { from: now - week, to: now };
  const middle = begin ? Math.max(at, begin + week / 2) : at;
  const stays = before && at >= before.from && at <= before.to && at < last.from;
  const { from, to } = stays ? before : at < last.from ? { from: middle - week / 2, to: middle + week / 2 } : last;
  const end = Math.floor(Math.min(to, now) / second) * second;
  const start = Math.ceil(Math.max(from, begin ?? from) / second) * second;
  return { from: Math.min(start, end - second), to: end };
}

// moved returns where a key moves the slider to, or null: 10 minutes, with Shift one, an hour by
// Page Up and Page Down, and the ends.
export function moved(at, { key, shiftKey }, { from, to }) {
  const small = shiftKey ? minute : 10 * minute;
  const by = {
    ArrowLeft: -small,
    ArrowDown: -small,
    ArrowRight: small,
    ArrowUp: small,
    PageUp: hour,
    PageDown: -hour,
    Home: from - at,
    End: to - at,
  }[key];
  return by === undefined ? null : Math.min(Math.max(at + by, from), to);
}

export const width = 1000; // of the slider's picture, which is stretched
export const height = 18; // px of the tallest mark

// marks returns the path of the marks of a status: they are the taller the more services fell.
export function marks(falls, { from, to }, status) {
  return falls
    .filter((fall) => fall.status === status)
    .map((fall) => [
      place(Date.parse(fall.at), { from, to }),
      Math.min(8 + 4 * Math.floor(Math.log2(fall.services)), height),
    ])
    .filter(([x]) => x >= 0 && x <= width)
    .map(([x, tall]) => `M${x.toFixed(1)} ${height}v-${tall}`)
    .join('');
}

// place returns where a moment is in the picture.
export function place(at, { from, to }) {
  return ((at - from) / (to - from)) * width;
}

// labels returns what is written below the slider: [{ at, whole }], midnights of the reader, or
// times of day where that is a few hours.
export function labels({ from, to }) {
  const length = to - from;
  const step = [5 * minute, 15 * minute, 30 * minute, hour, 3 * hour, 6 * hour].find(
    (one) => length / one <= mostLabels,
  );
  const list = [];
  const at = new Date(from);
  at.setHours(0, 0, 0, 0);
  while (at.getTime() < to) {
    if (at.getTime() >= from) list.push({ at: at.getTime(), day: !step });
    if (step) at.setTime(at.getTime() + step);
    else at.setDate(at.getDate() + 1);
  }
  return list;
}

// age says how long ago a moment was.
export function age(at, now) {
  return `${lengthy(Math.max(now - at, 0))} ago`;
}
