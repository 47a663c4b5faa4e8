// <team-uptime> shows how much of 30 days each service of a team was up, the worst first:
// show(items) takes those of the API.
import { percent } from '../lib/history.js';
import { address } from '../lib/route.js';
import { leastUp } from '../lib/teams.js';
import { setText, stamp } from './template.js';

const few = 5;

class TeamUptime extends HTMLElement {
  #items = [];
  #all = false;

  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('team-uptime'));
    this.querySelector('button').addEventListener('click', () => {
      this.#all = !this.#all;
      this.#draw();
    });
  }

  show(items) {
    this.#items = leastUp(items);
    this.#draw();
  }

  // reset forgets what was chosen of another team.
  reset() {
    this.#all = false;
    this.show([]);
  }

  #draw() {
    const shown = this.#all ? this.#items : this.#items.slice(0, few);
    this.querySelector('tbody').replaceChildren(...shown.map(row));
    this.querySelector('table').hidden = shown.length === 0;
    this.querySelector('.uptime-none').hidden = shown.length > 0;
    const more = this.querySelector('button');
    more.hidden = this.#items.length <= few;
    more.ariaExpanded = String(this.#all);
    setText(more, this.#all ? 'Show fewer' : `Show all ${this.#items.length.toLocaleString('en')}`);
  }
}

function row({ id, name, uptime, coverage }) {
  const line = stamp('team-uptime-row').firstElementChild;
  const link = line.querySelector('a');
  link.href = address(id);
  link.textContent = name;
  line.querySelector('[data-part=uptime]').textContent = uptime === null ? '–' : percent(uptime);
  line.querySelector('[data-part=coverage]').textContent = percent(coverage);
  return line;
}

customElements.define('team-uptime', TeamUptime);
