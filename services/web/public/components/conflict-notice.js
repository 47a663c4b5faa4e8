// <conflict-notice> shows what somebody else changed while a form was open:
// show(differences), as lib/fields.js finds them. It bubbles "choose" with
// detail "mine" or "theirs".
import { stamp, tell } from './template.js';

class ConflictNotice extends HTMLElement {
  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('conflict-notice'));
    this.addEventListener('click', ({ target }) => {
      const button = target.closest('[data-choice]');
      if (button) tell(this, 'choose', button.dataset.choice);
    });
  }

  show(differences) {
    const rows = differences.flatMap(({ label, before, theirs }) => {
      const [term, value, was] = ['dt', 'dd', 'span'].map((tag) => document.createElement(tag));
      term.textContent = label;
      value.textContent = theirs || '(empty)';
      was.textContent = `was ${before || '(empty)'}`;
      value.append(' ', was);
      return [term, value];
    });
    this.querySelector('.conflict-changes').replaceChildren(...rows);
    this.hidden = false;
    this.scrollIntoView({ block: 'nearest' });
  }
}

customElements.define('conflict-notice', ConflictNotice);
