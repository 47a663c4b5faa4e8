// <confirm-dialog> asks before something is deleted: await ask(name) is true
// when a person says yes. Escape and Cancel say no.
import { stamp } from './template.js';

class ConfirmDialog extends HTMLElement {
  connectedCallback() {
    if (!this.firstElementChild) this.append(stamp('confirm-dialog'));
  }

  ask(name) {
    const dialog = this.querySelector('dialog');
    this.querySelector('h2').textContent = `Delete ${name}?`;
    dialog.returnValue = '';
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener('close', () => resolve(dialog.returnValue === 'delete'), { once: true });
    });
  }
}

customElements.define('confirm-dialog', ConfirmDialog);
