// The view lives in the address, so that it can be shared and Back works.
import { statuses } from './filter.js';

const sorts = ['status', 'name', 'changed'];

export const everything = Object.freeze({ q: '', status: '', team: '', tag: '', sort: 'status', group: '' });

// parse reads a view from location.search. It ignores invalid values: an address may come
// from anywhere.
export function parse(search) {
  const params = new URLSearchParams(search);
  const one = (name, allowed) => {
    const value = params.get(name) ?? '';
    return !allowed || allowed.includes(value) ? value : everything[name];
  };
  return {
    q: one('q'),
    status: one('status', statuses),
    team: one('team'),
    tag: one('tag'),
    sort: one('sort', sorts),
    group: one('group', ['team']),
  };
}

// format returns the address of a view: "/" and the values that differ from everything.
export function format(view) {
  const params = new URLSearchParams();
  for (const [name, usual] of Object.entries(everything)) {
    if (view[name] !== usual) params.set(name, view[name]);
  }
  const query = params.toString();
  return query ? `/?${query}` : '/';
}

// narrowed reports whether the view may hide services.
export function narrowed(view) {
  return Boolean(view.q.trim() || view.status || view.team || view.tag);
}

// unfiltered returns the view without search and filters, in the same order.
export function unfiltered(view) {
  return { ...everything, sort: view.sort, group: view.group };
}
