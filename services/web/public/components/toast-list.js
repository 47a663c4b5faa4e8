// <toast-list> tells what has happened: say(text) politely, warn(text) at once.
// A toast goes by itself, an error later, and none while a person is at it.
import { stamp } from './template.js';

const kinds = {
  info: { region: '.polite', icon: 'icon-healthy', life: 5_000 },
  error: { region: '.urgent', icon: 'icon-down', life: 12_000 },
};
const most = 4;

class ToastList extends HTMLElement {
  connectedCallback() {
    if (!this.firstElementChild) this.append(stamp('toast-list'));
  }

  say(text) {
    this.#add('info', text);
  }

  warn(text) {
    this.#add('error', text);
  }

  #add(kind, text) {
    const { region, icon, life } = kinds[kind];
    const toast = stamp('toast').firstElementChild;
    toast.classList.add(kind);
    toast.querySelector('.icon').classList.add(icon);
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
