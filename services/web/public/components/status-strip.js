// <status-strip> shows the worst status of each segment of a time: show(strip, label, unit),
// as in lib/strip.js. A screen reader hears the label and a summary.
import { bars, box, words } from '../lib/strip.js';

const svg = 'http://www.w3.org/2000/svg';
const classes = { h: 'healthy', d: 'degraded', x: 'down', '-': 'unobserved' };

class StatusStrip extends HTMLElement {
  #shown = '';

  show(strip, label, unit) {
    if (`${label} ${strip}` === this.#shown) return;
    this.#shown = `${label} ${strip}`;
    this.role = 'img';
    this.ariaLabel = strip ? `${label}: ${words(strip, unit)}` : '';
    const picture = document.createElementNS(svg, 'svg');
    picture.setAttribute('viewBox', box(strip));
    picture.setAttribute('preserveAspectRatio', 'none');
    picture.setAttribute('aria-hidden', 'true');
    for (const [letter, path] of Object.entries(bars(strip))) {
      const shape = document.createElementNS(svg, 'path');
      shape.setAttribute('class', classes[letter]);
      shape.setAttribute('d', path);
      picture.append(shape);
    }
    this.replaceChildren(picture);
  }
}

customElements.define('status-strip', StatusStrip);
