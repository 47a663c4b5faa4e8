// The catalogue's state (view, number of cards), and the actions that change it.
import { everything, unfiltered } from './view.js';

export const pageSize = 300; // cards at first, and more cards each time the end comes near
const paper = 1000; // cards that are printed, if there are so many

// begin returns the initial state.
export function begin() {
  return { view: everything, most: pageSize, fresh: true };
}

// actions return the next state: { view, most, fresh }. most is the maximum number of
// cards. fresh is true until the next render after an action of the person: that render
// need not keep cards in their places.
export const actions = {
  // look shows another view from its first card.
  look: (state, view) => ({ ...state, view, most: pageSize, fresh: true }),
  search: (state, q) => actions.change(state, { q }),
  change: (state, change) => actions.look(state, { ...state.view, ...change }),
  // filter adds a value to those of a kind, or takes it away.
  filter: (state, { kind, value }) => actions.change(state, { [kind]: toggled(state.view[kind], value) }),
  clear: (state) => actions.look(state, unfiltered(state.view)),
  more: (state) => ({ ...state, most: state.most + pageSize }),
  print: (state) => ({ ...state, most: Math.max(state.most, paper) }),
  all: (state) => ({ ...state, most: Number.POSITIVE_INFINITY }),
  // refresh lets cards move that a pointer keeps in place.
  refresh: (state) => ({ ...state, fresh: true }),
  drawn: (state) => ({ ...state, fresh: false }),
};

function toggled(values, value) {
  return values.includes(value) ? values.filter((one) => one !== value) : [...values, value];
}
