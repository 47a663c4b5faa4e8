// steady keeps cards under a pointer where they are: services, in their new order,
// as the ids in before stood; what is new comes last. find(id) gives a service that
// no longer belongs here, which stays until the pointer is gone, or nothing when it
// is no more.
export function steady(before, services, find) {
  const fitting = new Map(services.map((service) => [service.id, service]));
  const kept = before.map((id) => fitting.get(id) ?? find(id)).filter(Boolean);
  const known = new Set(before);
  return [...kept, ...services.filter(({ id }) => !known.has(id))];
}

const idle = 10_000; // ms without a move, after which a pointer is only lying there

// Hold says whether cards are to stay where they are: while a pointer is over them.
// It dispatches "release" when that ends.
export class Hold extends EventTarget {
  #timer = 0;
  #held = false;

  // watch takes the element that the cards are in.
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
    this.#timer = setTimeout(() => this.release(), idle);
  }
}
