// What a person types in the palette, and what it finds. Each word must occur in a service,
// in any order; team:, tag: and is: narrow, also in quotes: team:"on call". As in a view,
// filters of one kind are "or", and different kinds are "and".
import { Best } from './best.js';
import { Facet } from './facet.js';
import { byWorst, haystack, troubleSince } from './filter.js';
import { distance } from './match.js';
import { statuses } from './status.js';
import { fold, words } from './text.js';
import { everything, format, most as mostInAddress } from './view.js';

const names = { team: 'team', tag: 'tag', status: 'is' };
const kindOf = { team: 'team', tag: 'tag', is: 'status' };
const filter = /(?<!\S)(team|tag|is)[:：](?:"([^"]*)"?|(\S*))/giu;

// parse reads a query: its words and, by kind, the values of its filters, folded; text is
// the words as they were typed. unfinished is the kind of a filter that has no value yet.
export function parse(typed) {
  const query = { text: '', words: [], team: [], tag: [], status: [], unfinished: '' };
  const rest = typed.replace(filter, (_, name, quoted, bare) => {
    const kind = kindOf[name.toLowerCase()];
    const value = words(quoted ?? bare).join(' ');
    const whole = kind === 'status' ? statuses.includes(value) : value !== '';
    if (!whole) query.unfinished = kind;
    else if (!query[kind].includes(value)) query[kind].push(value);
    return ' ';
  });
  query.words = words(rest);
  query.text = rest.trim().replace(/\s+/g, ' ');
  return query;
}

// isEmpty reports whether a query asks for nothing, not even by a filter without a value.
export function isEmpty(query) {
  return !query.unfinished && !asks(query);
}

function asks({ words, team, tag, status }) {
  return [words, team, tag, status].some((part) => part.length > 0);
}

// find passes over services once and returns
//   services  those that a query finds, the best first, at most limits.services
//   total     how many it finds
//   address   of the list of all of these
//   filters   [{ kind, value, n, address, written }]: teams, tags and statuses that it names,
//             with the number of services in the list at that address; at most
//             limits.filters of a kind, or limits.services of the one that is asked for.
//             Of a query with an unfinished filter, those that finish it.
export function find(services, query, limits = { services: 8, filters: 3 }) {
  const facets = ['team', 'tag', 'status'].map((kind) => new Facet(kind, query));
  const [team, tag, status] = facets;
  const rank = ranker(query.words);
  const best = new Best(limits.services, (a, b) => a.rank - b.rank || byWorst(a.service, b.service));
  const asked = asks(query);
  const offered = ({ kind }) => !query.unfinished || kind === query.unfinished;
  let total = 0;
  for (const service of services) {
    const text = haystack(service);
    const found = query.words.every((word) => text.includes(word));
    const inTeam = team.fits(service.team);
    const inTag = tag.fitsOne(service.tags);
    const inStatus = status.fits(service.status);
    if (asked && found && inTeam && inTag && inStatus) {
      total++;
      best.add({ service, rank: rank(service, text) });
    }
    if (inTeam && inTag) status.count(service.status, found);
    if (inTag && inStatus) team.count(service.team, found);
    if (inTeam && inStatus && found && (tag.asked || tag.named))
      for (const value of service.tags) tag.count(value, found);
  }
  return {
    services: best.items.map(({ service }) => service),
    total,
    address: format(viewOf(query, facets)),
    filters: facets.filter(offered).flatMap((facet) => filters(facet, query, facets, limits)),
  };
}

// filters returns the values of a facet that are worth offering, as find does. Words that
// name them are not also searched for.
function filters(facet, query, facets, limits) {
  const rest = viewOf(facet.asked ? query : { ...query, text: '' }, facets);
  return facet.best(facet.asked ? limits.services : limits.filters).map(({ value, n }) => {
    const view = { ...rest, [facet.kind]: [value] };
    return { kind: facet.kind, value, n, address: format(view), written: write(view) };
  });
}

// prepare reads the texts of services, so that the first letter does not wait for all of
// them: steps for slices of lib/reconcile.js.
export function* prepare(services) {
  for (const service of services) {
    haystack(service);
    yield false;
  }
}

// inTrouble returns the services that need a person, at most `most`, the newest trouble first.
export function inTrouble(services, most = 6) {
  const newest = new Best(most, (a, b) => troubleSince(b) - troubleSince(a) || byWorst(a, b));
  for (const service of services) {
    // Of a service that nobody has measured or set, nothing is known, and nothing is wrong.
    const open = service.status === 'unknown' ? service.status_reason : service.status !== 'healthy';
    if (open) newest.add(service);
  }
  return newest.items;
}

// ranker returns a function that says how far a service, with its text, is from words that it
// has: of each word 0 to 3 by its name, as distance does, 4 by its team or a tag, 5 by its description.
function ranker(wanted) {
  const folded = new Map(); // teams and tags, which many services share
  const label = (text) => {
    if (!folded.has(text)) folded.set(text, fold(text));
    return folded.get(text);
  };
  const labelled = ({ team, tags }, word) => [team ?? '', ...tags].some((text) => label(text).includes(word));
  const whole = wanted.join(' ');
  return (service, text) => {
    if (wanted.length === 0) return 0;
    if (text.startsWith(whole)) return text[whole.length] === '\n' || text.length === whole.length ? 0 : 1;
    const name = text.split('\n', 1)[0]; // it is one line, and comes first
    let far = 0;
    for (const word of wanted) far += name.includes(word) ? distance(name, word) : labelled(service, word) ? 4 : 5;
    return far;
  };
}

// viewOf returns the view that shows what a query finds: its exact teams and tags.
function viewOf({ text, status }, [team, tag]) {
  const view = { ...everything, status };
  const q = [text];
  for (const facet of [team, tag]) {
    const values = facet.wanted;
    // An address has so many values at most: of more, what was typed is searched for, unless
    // one of several words is enough.
    if (values.length <= mostInAddress) view[facet.kind] = values;
    else if (facet.typed.length === 1) q.push(facet.typed[0]);
  }
  return { ...view, q: q.filter(Boolean).join(' ') };
}

// write returns the search and the filters of a view as they are typed.
function write(view) {
  const filters = Object.entries(names).flatMap(([kind, name]) =>
    view[kind].map((value) => `${name}:${/\s/.test(value) ? `"${value}"` : value}`),
  );
  return [view.q, ...filters].filter(Boolean).join(' ');
}
