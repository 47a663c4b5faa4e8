// <health-notice> says what of the portal itself does not work: show({ status, checks })
// with the words of /api/health. Nothing of it is there while all works.
import { setText, stamp } from './template.js';

const titles = {
  degraded: 'Part of the portal does not work',
  unavailable: 'The portal does not work',
};

class HealthNotice extends HTMLElement {
  #said = '';

  connectedCallback() {
    if (!this.firstElementChild) this.append(stamp('health-notice'));
  }

  show({ status, checks }) {
    const faults = together(checks.filter((check) => check.status !== 'ok'));
    // The title alone is announced, and only when it changes: the rest may name ages,
    // which are others each time.
    setText(this.querySelector('.notice-title'), faults.length > 0 ? (titles[status] ?? titles.degraded) : '');
    const words = JSON.stringify(faults);
    if (words === this.#said) return;
    this.#said = words;
    this.querySelector('.notice-faults').replaceChildren(...faults.map(line));
  }
}

// together makes one of the faults that are said in the same words, as of what
// cannot be seen while another part does not work.
function together(checks) {
  const faults = new Map();
  for (const { name, detail = '', cure = '' } of checks) {
    const words = JSON.stringify([detail, cure]);
    if (!faults.has(words)) faults.set(words, { names: [], detail, cure });
    faults.get(words).names.push(name);
  }
  return [...faults.values()];
}

function line({ names, detail, cure }) {
  const item = stamp('health-fault');
  setText(item.querySelector('.fault-names'), names.join(', '));
  setText(item.querySelector('.fault-detail'), detail);
  setText(item.querySelector('.fault-cure'), cure);
  return item;
}

customElements.define('health-notice', HealthNotice);
