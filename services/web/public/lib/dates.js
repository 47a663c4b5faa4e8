// Moments as the page writes them, in the reader's zone. They are milliseconds, dates, or texts
// as in the API.
const language = 'en-GB';
const hours = { hour: '2-digit', minute: '2-digit' };

// timeOfDay formats a moment as "14:02".
export function timeOfDay(moment) {
  return new Date(moment).toLocaleTimeString(language, hours);
}

// clock formats a moment with its seconds, for "data from 14:02:31".
export function clock(moment) {
  return new Date(moment).toLocaleTimeString(language, { ...hours, second: '2-digit' });
}

// day formats a moment as "14 March", with the year unless it is that of now.
export function day(moment, now) {
  const [at, today] = [new Date(moment), new Date(now)];
  const year = at.getFullYear() === today.getFullYear() ? undefined : 'numeric';
  return at.toLocaleDateString(language, { day: 'numeric', month: 'long', year });
}

// shortDay formats a moment as "14 Mar".
export function shortDay(moment) {
  return new Date(moment).toLocaleDateString(language, { day: 'numeric', month: 'short' });
}

// dayTitle names the day of a moment: "Today, 14 March", or "Saturday, 14 March".
export function dayTitle(moment, now) {
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  const weekday = new Date(moment).toLocaleDateString(language, { weekday: 'long' });
  const name = sameDay(moment, now) ? 'Today' : sameDay(moment, yesterday) ? 'Yesterday' : weekday;
  return `${name}, ${day(moment, now)}`;
}

// when formats a moment for somebody who reads it now: the time of day, with the day unless it
// is today.
export function when(moment, now) {
  return sameDay(moment, now) ? timeOfDay(moment) : `${day(moment, now)}, ${timeOfDay(moment)}`;
}

// exactly formats a moment as "Sat 14 Mar, 02:10", with its seconds unless the minute is whole,
// and with the year unless it is that of now.
export function exactly(moment, now) {
  const at = new Date(moment);
  const weekday = at.toLocaleDateString(language, { weekday: 'short' });
  const year = at.getFullYear() === new Date(now).getFullYear() ? '' : ` ${at.getFullYear()}`;
  return `${weekday} ${shortDay(moment)}${year}, ${moment % 60_000 ? clock(moment) : timeOfDay(moment)}`;
}

// shortWeekday formats a moment as "Sat 14".
export function shortWeekday(moment) {
  return new Date(moment).toLocaleDateString(language, { weekday: 'short', day: 'numeric' });
}

// utcDay formats a day that is one of UTC, whatever the reader's zone: "14/03/2026".
export function utcDay(moment) {
  return new Date(moment).toLocaleDateString(language, { timeZone: 'UTC' });
}

function sameDay(a, b) {
  return new Date(a).toDateString() === new Date(b).toDateString();
}
