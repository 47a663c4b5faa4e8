// <empty-state> is shown instead of cards: when = "nothing matches", "first run",
// "no access", "unreachable", "empty past", "unknown past", or "" to hide it; why is what the portal said of a failure,
// or "". It bubbles "clear", "add" and "retry".
import { setText, stamp, tell } from './template.js';

class EmptyState extends HTMLElement {
  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('empty-state'));
    this.addEventListener('click', ({ target }) => {
      const button = target.closest('[data-do]');
      if (button) tell(this, button.dataset.do);
    });
  }

  set why(why) {
    setText(this.querySelector('.empty-why'), why || 'The portal does not answer.');
  }

  set when(when) {
    this.hidden = when === '';
    for (const state of this.children) state.hidden = state.dataset.when !== when;
  }
}

customElements.define('empty-state', EmptyState);
