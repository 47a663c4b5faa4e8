// <change-list> lists the changes of a service, the newest first: its property `changes` is
// what the API gave; tick(now) updates the times. It bubbles "undo" (detail the change).
import { details, headline, undoLabel } from '../lib/changes.js';
import { ago } from '../lib/format.js';
import { setTime, setWords, stamp, tell } from './template.js';

class ChangeList extends HTMLElement {
  #changes = [];

  connectedCallback() {
    if (!this.firstElementChild) this.append(stamp('change-list'));
  }

  set changes(changes) {
    this.#changes = changes;
    this.hidden = changes.length === 0;
    this.querySelector('ol').replaceChildren(...changes.map((change, i) => this.#item(change, i === 0)));
  }

  tick(now) {
    for (const [i, item] of [...this.querySelectorAll('ol > li')].entries()) {
      const { at } = this.#changes[i];
      setTime(item.querySelector('time'), ago(now - Date.parse(at)), at);
    }
  }

  #item(change, latest) {
    const item = stamp('change').firstElementChild;
    setWords(item.querySelector('.change-what'), headline(change));
    item.querySelector('dl').append(...details(change).map(detail));
    const undo = item.querySelector('button');
    undo.textContent = undoLabel(change, latest);
    undo.hidden = !undo.textContent;
    undo.addEventListener('click', () => tell(this, 'undo', change));
    return item;
  }
}

function detail({ field, before, after }) {
  const line = stamp('change-detail').firstElementChild;
  line.querySelector('dt').textContent = field;
  const [was, is] = line.querySelectorAll('bdi');
  was.textContent = before;
  is.textContent = after;
  return line;
}

customElements.define('change-list', ChangeList);
