// Placing keeps where a graph of lib/graph.js is drawn, while it changes. It is placed again only if its nodes or edges
// differ, not if states do.
import { Layout } from './layout.js';

export class Placing {
  #layout;
  #asked = ''; // the structure of the graph that is being placed, or was last
  #placed = null; // what Layout returned for a graph, and `of`, its structure

  constructor(layout = new Layout()) {
    this.#layout = layout;
  }

  // prepare must be called where a graph is likely to be wanted soon.
  prepare() {
    this.#layout.prepare();
  }

  // of returns { places, lines } of the graph that was placed last if it has this structure, or undefined.
  of(structure) {
    return this.#placed?.of === structure ? this.#placed : undefined;
  }

  // place has a graph with a structure placed, and resolves to whether of has it since: a newer one may have come, or
  // the same was asked for before. Where it is calm, what was there moves as little as it can. It rejects as Layout does.
  async place({ nodes, edges }, structure, isCalm = true) {
    if (structure === this.#asked) return false;
    this.#asked = structure;
    const { places, bends } = (isCalm && this.#placed) || {};
    const graph = { nodes: nodes.map(({ id }) => id), edges: edges.map(({ id, from, to }) => ({ id, from, to })) };
    try {
      const placed = await this.#layout.place(graph, places && { places, bends });
      if (!placed || structure !== this.#asked) return false;
      this.#placed = { ...placed, of: structure };
      return true;
    } catch (problem) {
      this.#forget();
      throw problem;
    }
  }

  // end ends what runs; nothing is placed then.
  end() {
    this.#layout.end();
    this.#forget();
  }

  #forget() {
    this.#asked = '';
    this.#placed = null;
  }
}
