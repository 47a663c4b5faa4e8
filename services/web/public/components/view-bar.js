// <view-bar> says how many services are shown, and chooses their order:
// show({ shown, view }) with the text and the view. It bubbles "arrange" (detail the
// changed values of the view) and "clear".
import { narrowed } from '../lib/view.js';
import { setText, stamp, tell } from './template.js';

class ViewBar extends HTMLElement {
  #parts = null;

  connectedCallback() {
    if (this.#parts) return;
    this.append(stamp('view-bar'));
    this.#parts = {
      count: this.querySelector('#resultCount'),
      clear: this.querySelector('#clearFiltersBtn'),
      group: this.querySelector('#groupToggle'),
      sort: this.querySelector('#sortSelect'),
    };
    const { clear, group, sort } = this.#parts;
    clear.addEventListener('click', () => tell(this, 'clear'));
    group.addEventListener('change', () => tell(this, 'arrange', { group: group.checked ? 'team' : '' }));
    sort.addEventListener('change', () => tell(this, 'arrange', { sort: sort.value }));
  }

  show({ shown, view }) {
    const { count, clear, group, sort } = this.#parts;
    setText(count, shown);
    clear.hidden = !narrowed(view);
    group.checked = view.group === 'team';
    sort.value = view.sort;
  }
}

customElements.define('view-bar', ViewBar);
