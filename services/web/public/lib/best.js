// Best keeps the first few of many items in an order, without sorting them all.
export class Best {
  items = [];
  #most;
  #compare;

  constructor(most, compare) {
    this.#most = most;
    this.#compare = compare;
  }

  add(item) {
    const { items } = this;
    if (items.length === this.#most && this.#compare(item, items.at(-1)) >= 0) return;
    const at = items.findIndex((other) => this.#compare(item, other) < 0);
    items.splice(at < 0 ? items.length : at, 0, item);
    if (items.length > this.#most) items.pop();
  }
}
