// Texts about what befell a service, independent of the DOM.
import { headline } from './changes.js';
import { dayTitle } from './dates.js';
import { reason } from './format.js';
import { lengthy } from './history.js';
import { statusNames } from './status.js';

// said says a moment of the timeline: { icon, words, more }; words are parts as for setWords,
// more is said more quietly, or "". older is the moment before with a status, or undefined.
export function said(moment, older) {
  if (moment.kind === 'change') return { icon: 'edit', words: headline(moment.change), more: '' };
  if (moment.kind !== 'status') return { icon: 'unknown', words: [`Something of the kind ${moment.kind}`], more: '' };
  const { to, reason: code, http_status, until } = moment.status;
  if (code === 'deleted') return { icon: 'unknown', words: ['No longer in the portal'], more: '' };
  const why = code === 'manual' ? 'set by hand' : reason({ status: to, status_reason: code, http_status });
  return {
    icon: to,
    words: [why ? `${statusNames[to]}: ${lower(why)}` : (statusNames[to] ?? to)],
    more:
      recovered(moment, older) ||
      (until && to !== 'healthy' ? `for ${lengthy(Date.parse(until) - Date.parse(moment.at))}` : ''),
  };
}

// recovered says after how much trouble a service is healthy again.
function recovered({ at, status }, older) {
  if (status.to !== 'healthy' || !['down', 'degraded'].includes(older?.status.to)) return '';
  return `after ${lengthy(Date.parse(at) - Date.parse(older.at))} ${older.status.to}`;
}

// lower keeps words such as HTTP and DNS.
function lower(text) {
  return /^[A-Z][a-z]/.test(text) ? text[0].toLowerCase() + text.slice(1) : text;
}

// telling reports whether a moment says anything: that nobody had looked yet when a service
// was added does not.
export function telling({ kind, status }) {
  return !(kind === 'status' && !status.from && status.to === 'unknown' && !status.reason);
}

// lastHealthy returns when a service was last healthy that is not now, or "": it is not known
// of these moments, the newest first.
export function lastHealthy({ status }, moments) {
  if (status === 'healthy') return '';
  return moments.find((moment) => moment.kind === 'status' && moment.status.from === 'healthy')?.at ?? '';
}

// days groups moments, the newest first, by the day of the reader: [{ day, title, moments }].
export function days(moments, now) {
  const groups = [];
  for (const moment of moments) {
    const at = new Date(moment.at);
    const day = at.toDateString();
    if (groups.at(-1)?.day !== day) groups.push({ day, title: dayTitle(at, now), moments: [] });
    groups.at(-1).moments.push(moment);
  }
  return groups;
}
