// <toast-list> tells what has happened: say(text) politely, with the mark of a
// status if what it tells is one; warn(text) at once, for what failed. A toast goes by itself, an error later, and none while a person is at it.
import { stamp } from './template.js';

const kinds = {
  info: { region: '.polite', life: 5_000 },
  error: { region: '.urgent', life: 12_000 },
};
const most = 4;

class ToastList extends HTMLElement {
  connectedCallback() {
    if (!this.firstElementChild) this.append(stamp('toast-list'));
  }

  say(text, status = 'healthy') {
    this.#add('info', text, status);
  }

  warn(text) {
    this.#add('error', text, 'down');
  }

  #add(kind, text, status) {
    const { region, life } = kinds[kind];
    const toast = stamp('toast').firstElementChild;
    toast.classList.add(kind, status);
    toast.querySelector('.icon').classList.add(`icon-${status}`);
    toast.querySelector('.toast-text').textContent = text;
    let timer = 0;
    const hold = () => clearTimeout(timer);
    const release = () => {
      hold();
      timer = setTimeout(() => toast.remove(), life);
    };
    toast.addEventListener('pointerenter', hold);
    toast.addEventListener('pointerleave', release);
    toast.addEventListener('focusin', hold);
    toast.addEventListener('focusout', release);
    toast.querySelector('button').addEventListener('click', () => {
      hold();
      toast.remove();
    });
    const list = this.querySelector(region);
    list.append(toast);
    while (list.children.length > most) list.firstElementChild.remove();
    release();
  }
}

customElements.define('toast-list', ToastList);
