// <health-notice> lists the failing checks of the portal itself: show({ status, checks })
// with the data of /api/health. It is empty while everything works.
import { setText, stamp } from './template.js';

const titles = {
  degraded: 'Part of the portal does not work',
  unavailable: 'The portal does not work',
};

class HealthNotice extends HTMLElement {
  #shown = '';

  connectedCallback() {
    if (!this.firstElementChild) this.append(stamp('health-notice'));
  }

  show({ status, checks }) {
    const faults = mergeSame(checks.filter((check) => check.status !== 'ok'));
    // Only the title is announced, and only when it changes: the details may contain ages,
    // which differ each time.
    setText(this.querySelector('.notice-title'), faults.length > 0 ? (titles[status] ?? titles.degraded) : '');
    const words = JSON.stringify(faults);
    if (words === this.#shown) return;
    this.#shown = words;
    this.querySelector('.notice-faults').replaceChildren(...faults.map(line));
  }
}

// mergeSame merges the checks with the same detail and cure, such as those that cannot be
// made while another part does not work.
function mergeSame(checks) {
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
