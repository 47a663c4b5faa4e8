// <uptime-figures> shows how much of some windows a service was up: show(items) takes those of
// the API; strip(list) shows the last days.
import { day } from '../lib/dates.js';
import { figures, windows } from '../lib/history.js';
import { stamp } from './template.js';
import './status-strip.js';

class UptimeFigures extends HTMLElement {
  connectedCallback() {
    if (!this.firstElementChild) this.append(stamp('uptime-figures'));
  }

  show(items) {
    this.querySelector('dl').replaceChildren(...items.map(figure));
  }

  strip({ at, items: [{ strip }] }) {
    this.querySelector('status-strip').show(strip, `Last ${strip.length} days`, ['day', 'days']);
    this.querySelector('.strip-from').textContent = day(at[0], at.at(-1));
  }
}

function figure(item) {
  const entry = stamp('uptime-figure').firstElementChild;
  const { uptime, notes } = figures(item);
  entry.querySelector('dt').textContent = windows[item.window] ?? item.window;
  entry.querySelector('.uptime').textContent = uptime;
  entry.querySelector('ul').replaceChildren(
    ...notes.map((note) => {
      const line = document.createElement('li');
      line.textContent = note;
      return line;
    }),
  );
  return entry;
}

customElements.define('uptime-figures', UptimeFigures);
