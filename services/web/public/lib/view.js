// The view lives in the address, so that it can be shared and Back works. It is
// { q, status, team, tag, sort, group, layout }: a service is shown if it fits the search q and,
// of each kind of filter that has values, one of them.
import { statuses } from './status.js';

const sorts = ['status', 'name', 'changed'];
const layouts = ['cards', 'rows'];
export const most = 50; // values of a kind that an address may have

// kinds are the filters, each with a list of values.
export const kinds = ['status', 'team', 'tag'];

const none = Object.freeze([]);

export const everything = Object.freeze({
  q: '',
  status: none,
  team: none,
  tag: none,
  sort: 'status',
  group: '',
  layout: 'cards',
});

// parse reads a view from location.search. It ignores invalid values: an address may come
// from anywhere. layout is that of an address that names none.
export function parse(search, layout = everything.layout) {
  const params = new URLSearchParams(search);
  const one = (name, allowed, usual) => {
    const value = params.get(name) ?? '';
    return allowed.includes(value) ? value : usual;
  };
  const several = (name) => [...new Set(params.getAll(name))].filter(Boolean).slice(0, most);
  return {
    q: params.get('q') ?? '',
    status: several('status').filter((value) => statuses.includes(value)),
    team: several('team'),
    tag: several('tag'),
    sort: one('sort', sorts, everything.sort),
    group: one('group', ['team'], everything.group),
    layout: one('view', layouts, layouts.includes(layout) ? layout : everything.layout),
  };
}

// format returns the address of a view: "/" and the values that differ from everything.
export function format(view) {
  const params = new URLSearchParams();
  for (const name of Object.keys(everything)) {
    const values = [view[name]].flat().filter((value) => value !== everything[name]);
    for (const value of values) params.append(name === 'layout' ? 'view' : name, value);
  }
  const query = params.toString();
  return query ? `/?${query}` : '/';
}

// narrowed reports whether the view may hide services.
export function narrowed(view) {
  return view.q.trim() !== '' || kinds.some((kind) => view[kind].length > 0);
}

// unfiltered returns the view without search and filters, in the same order and layout.
export function unfiltered({ sort, group, layout }) {
  return { ...everything, sort, group, layout };
}
