// <toast-list> shows messages, whose words are parts as for setWords. say(words) announces
// politely, optionally with the icon of a status and actions ({ label, act });
// warn(words) announces a failure at once. A toast disappears by itself, later if it is an
// error or has an action, and not while it has the pointer or the focus.
import { setWords, stamp } from './template.js';

const kinds = {
  info: { region: '.polite', life: 5_000 },
  offer: { region: '.polite', life: 8_000 },
  error: { region: '.urgent', life: 12_000 },
};
const most = 4;

class ToastList extends HTMLElement {
  connectedCallback() {
    if (!this.firstElementChild) this.append(stamp('toast-list'));
  }

  say(words, { status = 'healthy', actions = [] } = {}) {
    const toast = this.#toast(words, status);
    for (const { label, act } of actions) {
      const button = stamp('toast-action').firstElementChild;
      button.textContent = label;
      button.addEventListener('click', act);
      toast.querySelector('.toast-actions').append(button);
    }
    this.#add(actions.length > 0 ? 'offer' : 'info', toast);
  }

  warn(words) {
    this.#add('error', this.#toast(words, 'down'));
  }

  #toast(words, status) {
    const toast = stamp('toast').firstElementChild;
    toast.classList.add(status);
    toast.querySelector('.icon').classList.add(`icon-${status}`);
    setWords(toast.querySelector('.toast-text'), words);
    return toast;
  }

  #add(kind, toast) {
    const { region, life } = kinds[kind];
    toast.classList.add(kind);
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
    for (const button of toast.querySelectorAll('button')) {
      button.addEventListener('click', () => {
        hold();
        toast.remove();
      });
    }
    const list = this.querySelector(region);
    list.append(toast);
    while (list.children.length > most) list.firstElementChild.remove();
    release();
  }
}

customElements.define('toast-list', ToastList);
