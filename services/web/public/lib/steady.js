// steady keeps cards under a pointer in place: it orders services as the ids in before,
// new ones last. A service that is no longer among services, but that find(id) returns,
// also stays until the pointer is gone; find returns nothing for a deleted one.
export function steady(before, services, find) {
  const byID = new Map(services.map((service) => [service.id, service]));
  const kept = before.map((id) => byID.get(id) ?? find(id)).filter(Boolean);
  const known = new Set(before);
  return [...kept, ...services.filter(({ id }) => !known.has(id))];
}

const idleTimeout = 10_000; // ms without a move, after which a pointer counts as gone

// Hold tells whether cards must stay in place, which is while a pointer moves over them.
// It dispatches "release" when that ends.
export class Hold extends EventTarget {
  #timer = 0;
  #held = false;

  // watch observes the element that contains the cards.
  watch(element) {
    const begin = () => this.#begin();
    for (const name of ['pointerover', 'pointermove', 'pointerdown']) element.addEventListener(name, begin);
    element.addEventListener('pointerleave', () => this.release());
  }

  get held() {
    return this.#held;
  }

  release() {
    clearTimeout(this.#timer);
    if (!this.#held) return;
    this.#held = false;
    this.dispatchEvent(new Event('release'));
  }

  #begin() {
    this.#held = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.release(), idleTimeout);
  }
}
