// Camera is what of a drawing is seen: it moves and scales the group .graph-world of an <svg>. One drags with a pointer
// or one finger, and zooms with two fingers or with Ctrl and the wheel; a plain wheel scrolls the page. It dispatches
// "move", and "steer" before it if a person does it so.
const [least, largest] = [0.05, 3];
const legible = 0.4; // the scale below which nobody reads a text
const click = 4; // px that a pointer may move while it clicks
const edge = 24; // px between what is shown and the border

export class Camera extends EventTarget {
  #svg;
  #world;
  #at = { x: 0, y: 0, scale: 1 };
  #bounds = { left: 0, top: 0, right: 0, bottom: 0 };
  #pointers = new Map(); // id → { x, y }
  #moved = 0; // px since the first pointer went down

  constructor(svg) {
    super();
    this.#svg = svg;
    this.#world = svg.querySelector('.graph-world');
    svg.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    svg.addEventListener('pointerdown', (event) => this.#down(event));
    svg.addEventListener('pointermove', (event) => this.#move(event));
    for (const name of ['pointerup', 'pointercancel']) svg.addEventListener(name, (event) => this.#up(event));
    svg.addEventListener('dragstart', (event) => event.preventDefault());
    svg.addEventListener('click', (event) => this.#moved > click && event.preventDefault(), { capture: true });
  }

  // view returns the part of the drawing that is seen, in its own measure, with half as much around it.
  get view() {
    const { x, y, scale } = this.#at;
    const { width, height } = this.#room();
    return {
      left: (-x - width / 2) / scale,
      top: (-y - height / 2) / scale,
      right: (-x + width * 1.5) / scale,
      bottom: (-y + height * 1.5) / scale,
    };
  }

  // bounds are those of all that is drawn.
  set bounds(bounds) {
    this.#bounds = bounds;
  }

  // fit shows all, not larger than it is; smallest is the scale below which it shows the part around a place instead.
  fit(smallest = least, around = null) {
    const { left, top, right, bottom } = this.#bounds;
    const { width, height } = this.#room();
    const scale = Math.min(1, (width - 2 * edge) / (right - left), (height - 2 * edge) / (bottom - top));
    this.#at.scale = Math.max(scale, smallest, least);
    const { scale: used } = this.#at;
    this.#at.x = placed(width, left * used, right * used, around && around.x * used);
    this.#at.y = placed(height, top * used, bottom * used, around && around.y * used);
    this.#show();
  }

  // zoom scales by a factor around a point of the screen, or the middle.
  zoom(factor, x = this.#room().width / 2, y = this.#room().height / 2) {
    const scale = Math.min(largest, Math.max(least, this.#at.scale * factor));
    const by = scale / this.#at.scale;
    this.#at = { x: x - (x - this.#at.x) * by, y: y - (y - this.#at.y) * by, scale };
    this.#show();
  }

  // reveal moves as little as is needed to show a box around a place.
  reveal({ x, y }, { width, height }) {
    const room = this.#room();
    const { scale } = this.#at;
    const into = (at, middle, size, length) => {
      const [from, to] = [at + (middle - size / 2) * scale - edge, at + (middle + size / 2) * scale + edge];
      return from < 0 ? at - from : to > length ? at - (to - length) : at;
    };
    this.#at.x = into(this.#at.x, x, width, room.width);
    this.#at.y = into(this.#at.y, y, height, room.height);
    this.#show();
  }

  // print shows all in the width of a page, until it is called with false.
  print(on) {
    const { left, top, right, bottom } = this.#bounds;
    if (on) {
      this.#svg.setAttribute('viewBox', `${left} ${top} ${right - left} ${bottom - top}`);
      this.#world.removeAttribute('transform');
    } else {
      this.#svg.removeAttribute('viewBox');
      this.#show();
    }
  }

  #room() {
    return { width: this.#svg.clientWidth, height: this.#svg.clientHeight };
  }

  #show() {
    const { x, y, scale } = this.#at;
    this.#world.setAttribute('transform', `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${scale.toFixed(4)})`);
    this.#svg.classList.toggle('far', scale < legible);
    this.dispatchEvent(new Event('move'));
  }

  #wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const { left, top } = this.#svg.getBoundingClientRect();
    const pixels = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
    this.dispatchEvent(new Event('steer'));
    this.zoom(Math.exp(-Math.max(-100, Math.min(100, pixels)) / 200), event.clientX - left, event.clientY - top);
  }

  #down(event) {
    if (event.button !== 0) return;
    if (this.#pointers.size === 0) this.#moved = 0;
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }

  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const [dx, dy] = [now.x - before.x, now.y - before.y];
    this.#moved += Math.hypot(dx, dy);
    if (this.#moved <= click) return; // the next move counts from where it went down
    this.#svg.setPointerCapture(event.pointerId);
    this.#svg.classList.add('dragged');
    this.dispatchEvent(new Event('steer'));
    const [other] = [...this.#pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    this.#pointers.set(event.pointerId, now);
    if (other) this.#pinch(before, now, other);
    else this.#at = { ...this.#at, x: this.#at.x + dx, y: this.#at.y + dy };
    this.#show();
  }

  #pinch(before, now, other) {
    const { left, top } = this.#svg.getBoundingClientRect();
    const apart = (one) => Math.max(1, Math.hypot(one.x - other.x, one.y - other.y));
    this.zoom(apart(now) / apart(before), (now.x + other.x) / 2 - left, (now.y + other.y) / 2 - top);
  }

  #up(event) {
    this.#pointers.delete(event.pointerId);
    if (this.#pointers.size === 0) this.#svg.classList.remove('dragged');
  }
}

// placed returns where a drawing begins in a room: in its middle if there is room, else with a place in the middle, or
// its begin at the border.
function placed(room, from, to, around) {
  const length = to - from;
  if (length <= room - 2 * edge) return (room - length) / 2 - from;
  const wanted = around === null ? edge - from : room / 2 - around;
  return Math.max(room - edge - to, Math.min(edge - from, wanted));
}
