// What a person wants to see of the catalogue, and what they can do to it, by name.
import { everything, unfiltered } from './view.js';

export const pageSize = 1000; // cards in the page, and as many again when its end comes near

// begin is the state of a catalogue that nobody has done anything to.
export function begin() {
  return { view: everything, most: pageSize, fresh: true };
}

// actions give what each of them makes of a state: { view, most, fresh }, where most
// is how many cards there are at most, and fresh says that something else is to be
// seen than stood there.
export const actions = {
  // look shows another view, from its start.
  look: (state, view) => ({ ...state, view, most: pageSize, fresh: true }),
  search: (state, q) => actions.change(state, { q }),
  change: (state, change) => actions.look(state, { ...state.view, ...change }),
  filter: (state, { kind, value }) => actions.change(state, { [kind]: value }),
  // tag narrows to a tag, and widens again.
  tag: (state, tag) => actions.change(state, { tag: state.view.tag === tag ? '' : tag }),
  clear: (state) => actions.look(state, unfiltered(state.view)),
  more: (state) => ({ ...state, most: state.most + pageSize }),
  all: (state) => ({ ...state, most: Number.POSITIVE_INFINITY }),
  // refresh lets cards move that were kept in their places.
  refresh: (state) => ({ ...state, fresh: true }),
  drawn: (state) => ({ ...state, fresh: false }),
};
