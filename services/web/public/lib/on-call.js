// Texts about who is on call, independent of the DOM. An answer is one of GET /api/oncall; now is the server's
// time in ms.
import { exactly, shortDay, timeOfDay } from './dates.js';
import { isWebAddress } from './fields.js';
import { ago } from './format.js';
import { lengthy } from './history.js';
import { mailto } from './team-fields.js';

const problems = {
  not_found: 'No calendar was found at its address. Enter the address anew.',
  denied: 'The calendar does not let the portal in. Its secret address may have been renewed: enter the new one.',
  rate_limited: 'The calendar takes no more requests for now. The portal asks again by itself.',
  unreachable: 'The calendar does not answer. The portal asks again by itself.',
  bad_answer: 'What answers is not a calendar. Enter the address of its iCalendar feed, which often ends in .ics.',
  too_large: 'The calendar is too large to read. Enter the address of one that has only the shifts.',
  blocked: 'The portal may not connect to the calendar. Whoever runs the portal can allow its address (PORTAL_DENY).',
};

// at formats the time of a handover for somebody who reads it now: "09:00", or "Mon 7 Dec, 09:00".
export function at(moment, now) {
  const time = Date.parse(moment);
  const today = new Date(time).toDateString() === new Date(now).toDateString();
  return today ? timeOfDay(time) : exactly(time, now);
}

// shortly formats it where there is little room: "7 Dec, 09:00".
export function shortly(moment) {
  return `${shortDay(moment)}, ${timeOfDay(moment)}`;
}

// names returns who is on call, each name once.
export function names({ now }) {
  return [...new Set(now.map(({ person }) => person.name))];
}

// firstToEnd returns until when all of those who are on call are: { until }, null if none has an end.
export function firstToEnd({ now }) {
  const ends = now.map(({ until }) => until).filter(Boolean);
  return { until: ends.sort((a, b) => Date.parse(a) - Date.parse(b))[0] ?? null };
}

// unread reports whether an answer depends on a calendar that nobody has read yet.
export function unread({ feed }) {
  return Boolean(feed) && !feed.read_at && !feed.problem;
}

// nobody says that nobody is on call, and why or until when; "": somebody is.
export function nobody(answer, now) {
  if (answer.now.length > 0) return '';
  if (!answer.kind) return 'No on-call plan';
  if (unread(answer)) return 'Not known yet: the calendar is being read.';
  if (answer.feed?.problem && !answer.next.length) return 'Not known: the calendar could not be read.';
  if (!answer.next.length || !answer.changes_at) return 'Nobody is on call.';
  return `Nobody is on call until ${at(answer.changes_at, now)}.`;
}

// described says who is on call where there is room for a few words; each name goes through mark. "": it is
// not known.
export function described(answer, mark = (name) => name) {
  if (!answer) return '';
  if (answer.now.length > 0) return `On call: ${names(answer).map(mark).join(', ')}`;
  return answer.kind ? 'Nobody is on call' : 'No on-call plan';
}

// left says how long a shift still takes, or "": it has no end, or that is over.
export function left({ until }, now) {
  const rest = Date.parse(until ?? '') - now;
  return rest >= 60_000 ? `${lengthy(rest)} left` : rest > 0 ? 'less than a minute left' : '';
}

// starting says in how long a shift begins, or "": it has begun.
export function starting({ from }, now) {
  const wait = Date.parse(from ?? '') - now;
  return wait >= 60_000 ? `in ${lengthy(wait)}` : wait > 0 ? 'in less than a minute' : '';
}

// source says what tells who is on call. plan is that of the team, or undefined while it is not known.
export function source({ kind, zone, feed }, plan, now) {
  if (kind === 'contact') return 'One contact, at all hours.';
  if (kind === 'rotation') return rotation(plan?.rotation, zone);
  if (!feed) return '';
  const read = feed.read_at ? `read ${ago(now - Date.parse(feed.read_at), 60_000)}` : 'not read yet';
  return `From the calendar feed of ${feed.host}, ${read}.`;
}

function rotation(known, zone) {
  if (!known) return `Rotation, ${zone}.`;
  return `Rotation, handover every ${days(known.shift_days)} at ${known.starts.split('T')[1]} ${known.zone}.`;
}

// days says a number of days after "every".
export function days(n) {
  return n === 1 ? 'day' : `${n.toLocaleString('en')} days`;
}

// trouble says why a calendar could not be read, and what to do about it; "": it could.
export function trouble({ feed, now, next }) {
  if (!feed?.problem) return '';
  const why = problems[feed.problem] ?? `The calendar could not be read (${feed.problem}).`;
  return now.length + next.length > 0 ? `${why} The shifts are from before.` : why;
}

// progress returns how much of a shift is over, in thousandths, or null: it has no begin or no end.
export function progress({ from, until }, now) {
  const [begin, end] = [Date.parse(from ?? ''), Date.parse(until ?? '')];
  if (!(end > begin)) return null;
  return Math.round(Math.min(Math.max((now - begin) / (end - begin), 0), 1) * 1000);
}

// reach returns where a person can be reached: { page, phone, email }, the addresses of links, and "" for what
// is not known. They are paged at their own address, else at that of the team.
export function reach({ email, phone, url }, pageURL = '') {
  const page = [url, pageURL].find((address) => isWebAddress(address ?? '')) ?? '';
  return { page, phone: telephone(phone ?? ''), email: mailto(email ?? '') };
}

// telephone returns the address of a number as people write it; a zero in brackets is not dialled from abroad.
export function telephone(phone) {
  const number = (/^\s*\+/.test(phone) ? phone.replace('(0)', '') : phone).replace(/[^\d+]/g, '');
  return /^\+?\d{2,}$/.test(number) ? `tel:${number}` : '';
}
