// <health-card> shows the scorecard of a service: show(card, mayChange) takes that of the API, or null while there is
// none. It bubbles "mend" (detail { id, field }) for a person who wants to mend what fails in a field of the form, and
// "copybadge" (detail { service, kind }).
import { address } from '../lib/route.js';
import { asides, byOutcome, levelNames, summary } from '../lib/scorecard.js';
import { fillList } from './list.js';
import { setText, stamp, tell } from './template.js';

class HealthCard extends HTMLElement {
  #shown = ''; // the service and its level
  #service;

  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('health-card'));
    this.addEventListener('click', ({ target }) => {
      const { field } = target.closest('.health-mend-field')?.dataset ?? {};
      if (field) tell(this, 'mend', { id: this.#service.id, field });
    });
    const copy = () => tell(this, 'copybadge', { service: this.#service, kind: 'level' });
    this.querySelector('[data-do=level-badge]').addEventListener('click', copy);
  }

  show(card, mayChange) {
    this.hidden = !card;
    if (!card) return;
    const { service, level } = card;
    const folded = this.querySelector('details');
    const shown = `${service.id} ${level}`;
    if (shown !== this.#shown) folded.open = level !== 'gold'; // what a person folded stays so
    this.#shown = shown;
    this.#service = service;
    showLevel(this.querySelector('.level'), level);
    setText(this.querySelector('.health-summary'), summary(card));
    const failed = byOutcome(card, 'failed').map((rule) => ({ ...rule, key: rule.id, mayChange }));
    const list = this.querySelector('.health-failing');
    fillList(list, 'health-rule', failed, showRule);
    list.hidden = failed.length === 0;
    const others = asides(card).map(({ title, reason }) => ({ key: title, title, reason }));
    const aside = this.querySelector('.health-asides');
    fillList(aside.querySelector('ul'), 'health-aside', others, showAside);
    aside.hidden = others.length === 0;
  }
}

// showLevel shows a level as a word with its sign.
export function showLevel(element, level) {
  element.dataset.level = level;
  setText(element, levelNames[level] ?? level);
}

function showRule(element, { title, level, reason, mend, mayChange }) {
  const find = (selector) => element.querySelector(selector);
  setText(find('.health-reason'), reason);
  setText(find('.health-mend'), mend.text);
  setText(find('.health-for'), `for ${levelNames[level].toLowerCase()}`);
  const field = find('.health-mend-field');
  field.hidden = !mend.field || !mayChange;
  field.dataset.field = mend.field ?? '';
  const link = find('.health-mend-link');
  link.hidden = !mend.href;
  if (mend.href) link.href = mend.href;
  for (const one of [field, link]) setText(one.querySelector('.visually-hidden'), `: ${title}`);
}

function showAside(element, { title, reason }) {
  setText(element.querySelector('strong'), title);
  setText(element.querySelector('span'), reason);
}

// showService shows a link to the page of a service.
export function showService(link, { name }) {
  link.href = address(name);
  setText(link.querySelector('bdi'), name);
}

customElements.define('health-card', HealthCard);
