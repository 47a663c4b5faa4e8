// <conflict-notice> shows the fields that both this person and somebody else changed:
// show([{ label, mine, theirs }], what), with the word for what they changed. It bubbles "choose" with detail "mine" or "theirs".
import { setText, stamp, tell } from './template.js';

class ConflictNotice extends HTMLElement {
  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('conflict-notice'));
    this.addEventListener('click', ({ target }) => {
      const button = target.closest('[data-choice]');
      if (button) tell(this, 'choose', button.dataset.choice);
    });
  }

  show(rows, what) {
    setText(this.querySelector('h3 span'), what);
    this.querySelector('.conflict-changes').replaceChildren(
      ...rows.map(({ label, mine, theirs }) => {
        const row = stamp('conflict-change').firstElementChild;
        row.querySelector('dt').textContent = label;
        row.querySelector('.conflict-theirs bdi').textContent = theirs;
        row.querySelector('.conflict-mine bdi').textContent = mine;
        return row;
      }),
    );
    this.hidden = false;
    this.scrollIntoView({ block: 'nearest' });
  }

  // focus moves the focus to the first choice, after an attempt to save without one.
  focus() {
    this.querySelector('[data-choice]').focus();
  }
}

customElements.define('conflict-notice', ConflictNotice);
