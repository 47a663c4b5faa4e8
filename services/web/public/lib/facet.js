// Facet is one kind of filter in a query of the palette (lib/palette.js), "team", "tag" or
// "status": which of its values the query wants, and which are worth offering.
import { Best } from './best.js';
import { distance } from './match.js';
import { statuses } from './status.js';
import { fold } from './text.js';

const never = Number.POSITIVE_INFINITY;

export class Facet {
  #known = new Map(); // value → { wanted, far, n }
  #words;
  #open; // whether the query has a filter of this kind without a value

  constructor(kind, query) {
    this.kind = kind;
    this.typed = query[kind];
    this.#words = query.words;
    this.#open = query.unfinished === kind;
    this.asked = this.typed.length > 0 || this.#open;
    // The words may name a value: one Latin letter names nothing.
    this.named = !this.asked && query.words.some((word) => word.length > 1 || word > '~');
    // All statuses, also those that no service has.
    if (kind === 'status') for (const value of statuses) this.#verdict(value);
  }

  // wanted lists the values that the query's filters mean.
  get wanted() {
    return [...this.#known].filter(([, { wanted }]) => wanted).map(([value]) => value);
  }

  fits(value) {
    return this.typed.length === 0 || (Boolean(value) && this.#verdict(value).wanted);
  }

  fitsOne(values) {
    return this.typed.length === 0 || values.some((value) => this.#verdict(value).wanted);
  }

  // count counts a service with a value; found says whether it has the words. It has those
  // that name its team or a tag, but not those that name its status.
  count(value, found) {
    const counts = this.asked ? found : this.named && (found || this.kind === 'status');
    if (value && counts) this.#verdict(value).n++;
  }

  // best returns the values to offer, the nearest first, with the number of their services.
  best(most) {
    const isStatus = this.kind === 'status';
    const order = (a, b) => a.far - b.far || (isStatus ? 0 : b.n - a.n || (a.value < b.value ? -1 : 1));
    const best = new Best(most, order);
    for (const [value, { far, n }] of this.#known) {
      const shown = n > 0 || (isStatus && this.asked);
      if (shown && far < never) best.add({ value, far, n });
    }
    return best.items;
  }

  #verdict(value) {
    let known = this.#known.get(value);
    if (!known) {
      const text = fold(value);
      const isStatus = this.kind === 'status';
      const means = (word) => (isStatus ? text === word : text.includes(word));
      known = { wanted: this.typed.some(means), far: isStatus ? this.#farFromStatus(text) : this.#far(text), n: 0 };
      this.#known.set(value, known);
    }
    return known;
  }

  // far says how far a folded value is from the filters or, without one, from the words.
  #far(text) {
    if (this.typed.length > 0) return Math.min(...this.typed.map((word) => distance(text, word)));
    if (this.#open) return 0;
    return this.named ? Math.max(...this.#words.map((word) => distance(text, word))) : never;
  }

  // Letters in the middle of a word do not mean a status.
  #farFromStatus(text) {
    if (this.#open || this.typed.includes(text)) return 0;
    const [word, ...more] = this.#words;
    return this.named && more.length === 0 && distance(text, word) <= 1 ? 0 : never;
  }
}
