// <help-dialog> lists the keyboard shortcuts: open().
import { stamp } from './template.js';

class HelpDialog extends HTMLElement {
  connectedCallback() {
    if (!this.firstElementChild) this.append(stamp('help-dialog'));
  }

  open() {
    this.querySelector('dialog').showModal();
  }
}

customElements.define('help-dialog', HelpDialog);
