// What the page of the graph shows lives in its address, as the view of the list does (lib/view.js). It is
// { focus, hops, kind, by, open, q, status, team, tag }: focus is the id of a service, or ""; hops is how far from it,
// 0 for any distance; kind is that of the needs, "declared" for those of people and "" for all; by is "team" for one node a team, and open lists the
// teams whose services are shown nevertheless.
import { statuses } from './status.js';
import { kinds, most } from './view.js';

const path = '/graph';
const none = Object.freeze([]);

const kindsOfNeeds = ['declared', 'hard', 'soft', 'observed'];

// distances are those that one can choose from, 0 for any.
export const distances = [1, 2, 3, 0];

export const whole = Object.freeze({
  focus: '',
  hops: 2,
  kind: '',
  by: '',
  open: none,
  q: '',
  status: none,
  team: none,
  tag: none,
});

// parse reads a view from location.search, and ignores what is invalid in it.
export function parse(search) {
  const params = new URLSearchParams(search);
  const one = (name, allowed) => (allowed.includes(params.get(name)) ? params.get(name) : '');
  const several = (name) => [...new Set(params.getAll(name))].filter(Boolean).slice(0, most);
  const hops = params.get('hops') === 'all' ? 0 : Number(params.get('hops') || whole.hops);
  return {
    focus: params.get('focus') ?? '',
    hops: distances.includes(hops) ? hops : whole.hops,
    kind: one('kind', kindsOfNeeds),
    by: one('by', ['team']),
    open: several('open'),
    q: params.get('q') ?? '',
    status: several('status').filter((value) => statuses.includes(value)),
    team: several('team'),
    tag: several('tag'),
  };
}

// format returns the address of a view: the page and the values that differ from those of the whole graph.
export function format(view) {
  const params = new URLSearchParams();
  for (const name of Object.keys(whole)) {
    for (const value of [view[name]].flat()) {
      if (value !== whole[name]) params.append(name, name === 'hops' && value === 0 ? 'all' : value);
    }
  }
  const query = params.toString();
  return query ? `${path}?${query}` : path;
}

// around returns the address of the graph around a service.
export function around(id, hops = whole.hops) {
  return format({ ...whole, focus: id, hops });
}

// wants reports whether needs of a kind are in a view.
export function wants(view, kind) {
  return view.kind === 'declared' ? kind !== 'observed' : !view.kind || view.kind === kind;
}

// filters returns how many values of filters a view has.
export function filters(view) {
  return kinds.reduce((sum, kind) => sum + view[kind].length, view.q.trim() ? 1 : 0);
}

// toggled returns a view with a value of a list more, or without it.
export function toggled(view, list, value) {
  const had = view[list].includes(value);
  return { ...view, [list]: had ? view[list].filter((one) => one !== value) : [...view[list], value] };
}
