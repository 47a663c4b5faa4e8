// What services need of each other: depends_on as forms, pages and the trail have it, independent of the
// DOM. An entry is { id, name, kind, note }: id and name are of the needed service, id is "" while only
// its name is known, kind is "hard" or "soft", and note is what for, or "".
import { Best } from './best.js';
import { byWorst, compare } from './filter.js';
import { find, parse } from './palette.js';
import { fold } from './text.js';

// kinds says what becomes of a service without one that it needs.
export const kinds = { hard: 'needs it to work', soft: 'works without it' };

// entries returns a service's depends_on as entries, whether REST has it or an event, which leaves out
// what is empty. A kind of a later version counts as hard.
export function entries(list) {
  return (list ?? []).map(({ id, service_id, name, kind, note }) => ({
    id: id ?? service_id ?? '',
    name: name ?? '',
    kind: kind === 'soft' ? 'soft' : 'hard',
    note: note ?? '',
  }));
}

// same reports whether two entries say the same. A new name of the needed service is no change of the
// one that needs it.
export function same(a, b) {
  const isOne = a.id || b.id ? a.id === b.id : fold(a.name) === fold(b.name);
  return isOne && a.kind === b.kind && a.note.trim() === b.note.trim();
}

// written returns entries as REST takes them.
export function written(list) {
  return list.map(({ id, name, kind, note }) => ({ ...(id ? { id } : { name }), kind, note: note.trim() || null }));
}

// asText says an entry as the trail does: "Payments DB (soft): invoices".
export function asText({ name, kind, note }) {
  return `${name}${kind === 'hard' ? '' : ` (${kind})`}${note.trim() && `: ${note.trim()}`}`;
}

// needs lists what a service needs: entries with `service`, the needed one as it is now in the store, or
// undefined if it is gone. neededBy lists likewise which services need one: id, name and service are of
// these. The worst come first, and those that are gone last.
export function needs({ depends_on: list }, store) {
  return list.map((entry) => joined(entry, store.get(entry.id))).sort(byTrouble);
}

export function neededBy({ id }, services) {
  const rows = [];
  for (const service of services) {
    const entry = service.depends_on.find((one) => one.id === id);
    if (entry) rows.push(joined({ ...entry, id: service.id }, service));
  }
  return rows.sort(byTrouble);
}

function joined(entry, service) {
  return { ...entry, name: service?.name ?? entry.name, service };
}

function byTrouble(a, b) {
  if (a.service && b.service) return byWorst(a.service, b.service);
  return Boolean(b.service) - Boolean(a.service) || compare(a.name, b.name);
}

// candidates returns the services that a person may mean by a text, the nearest first, at most `most`: found
// as the palette does and, of no text, the first by name. Those with an id in `taken` are none.
export function candidates(services, typed, taken, most = 8) {
  const open = services.filter(({ id }) => !taken.has(id));
  if (typed.trim()) return find(open, parse(typed), { services: most, filters: 1 }).services;
  const first = new Best(most, (a, b) => compare(a.name, b.name));
  for (const service of open) first.add(service);
  return first.items;
}

// named returns the entry of a name that was typed, of the service that has it, if there is one.
export function named(services, typed) {
  const name = typed.trim();
  const key = fold(name);
  const service = services.find((one) => fold(one.name) === key);
  return { id: service?.id ?? '', name: service?.name ?? name, kind: 'hard', note: '' };
}

// difference says in words how depends_on changed: parts as for setWords. before and after are lists of texts as
// the trail has them, or null.
export function difference(before, after) {
  const [were, are] = [before ?? [], after ?? []];
  const gone = were.filter((text) => !are.includes(text));
  const come = are.filter((text) => !were.includes(text));
  const parts = [];
  const say = (...words) => parts.push(...(parts.length > 0 ? [' · '] : []), ...words);
  for (const text of come) {
    const was = alone(come, text) && alone(gone, text);
    if (was) gone.splice(gone.indexOf(was), 1);
    say('needs ', { name: text }, ...(was ? [', before ', { name: was }] : []));
  }
  for (const text of gone) say('no longer needs ', { name: text });
  return parts.length > 0 ? parts : ['in another order'];
}

// alone returns the one of texts that is about the same service as text, or undefined if none is or
// several may be: a name can have what a note begins with.
function alone(texts, text) {
  const about = texts.filter((one) => subject(one) === subject(text));
  return about.length === 1 ? about[0] : undefined;
}

function subject(text) {
  return text.replace(/( \(soft\))?(: .*)?$/s, '');
}
