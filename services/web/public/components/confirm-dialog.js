// <confirm-dialog> asks a question: ask({ title, text, yes, no }) resolves to whether the
// person said yes. The title has parts as for setWords. Escape and `no`, which has the
// focus at first, say no.
import { setWords, stamp } from './template.js';

class ConfirmDialog extends HTMLElement {
  #answered = Promise.resolve(); // resolves with the answer to the last question

  connectedCallback() {
    if (!this.firstElementChild) this.append(stamp('confirm-dialog'));
  }

  // ask waits for the answer to the question before: the event of its closing comes later
  // than the closing itself, and would answer this one too.
  async ask(question) {
    await this.#answered;
    this.#answered = this.#show(question);
    return this.#answered;
  }

  #show({ title, text, yes, no = 'Cancel' }) {
    const dialog = this.querySelector('dialog');
    setWords(this.querySelector('h2'), title);
    this.querySelector('#confirmText').textContent = text;
    this.querySelector('#confirmDelete').textContent = yes;
    this.querySelector('#confirmCancel').textContent = no;
    dialog.returnValue = '';
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
    });
  }
}

customElements.define('confirm-dialog', ConfirmDialog);
