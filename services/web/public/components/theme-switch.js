// <theme-switch> chooses light, dark, or the system's theme, and remembers it.
// early.js applies the choice when the page is opened.
import { remember } from '../lib/remember.js';
import { stamp } from './template.js';

class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('theme-switch'));
    const chosen = document.documentElement.dataset.theme ?? 'system';
    this.querySelector(`[value="${chosen}"]`).checked = true;
    this.addEventListener('change', ({ target }) => this.choose(target.value));
  }

  // choose applies "light", "dark" or "system".
  choose(theme) {
    this.querySelector(`[value="${theme}"]`).checked = true;
    const { dataset } = document.documentElement;
    if (theme === 'system') delete dataset.theme;
    else dataset.theme = theme;
    remember('theme', theme);
  }
}

customElements.define('theme-switch', ThemeSwitch);
