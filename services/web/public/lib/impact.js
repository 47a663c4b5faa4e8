// Texts about what hits services, independent of the DOM. Causes and impacts are those of lib/impacts.js; now is the
// server's time in ms.
import { count, span } from './format.js';

// fell says how a cause is, and for how long: "down 4 min".
export function fell({ status, status_since: since }, now) {
  const age = lasting({ status_since: since }, now);
  return age ? `${status} ${age}` : status;
}

// lasting says for how long a service has its status, "" if that is not known.
export function lasting({ status_since: since }, now) {
  const moment = Date.parse(since ?? '');
  return moment ? span(now - moment) : '';
}

// whom says how many a cause hits: "12 services of 4 teams".
export function whom({ hits, teams }) {
  const named = teams.filter(({ team }) => team).length;
  if (named === 0) return count(hits);
  return `${count(hits)} of ${named === 1 ? 'one team' : `${named.toLocaleString('en')} teams`}`;
}

// described says all of an impact in a line; each name goes through mark.
export function described({ causes, more }, now, mark = (name) => name) {
  const each = causes.map(({ service, hops, via }) => {
    const through = hops > 1 ? `, through ${mark(via.name)}` : '';
    return `Needs ${mark(service.name)} (${fell(service, now)})${through}`;
  });
  return `${each.join('; ')}${more ? '; and more' : ''}`;
}

// news says a new cause to those who listen: "Payments DB hits 12 services of 4 teams."
export function news(cause) {
  return `${cause.service.name} hits ${whom(cause)}.`;
}
