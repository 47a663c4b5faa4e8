// <graph-spread> says how a fall spread: show(cause, services, impacts, now), with a cause of lib/impacts.js, or undefined,
// and all services of the same time. It is hidden until something fell with the cause.
import { when } from '../lib/dates.js';
import { count } from '../lib/format.js';
import { spread } from '../lib/spread.js';
import { statusNames } from '../lib/status.js';
import { listed, showStatus } from './hit-box.js';
import { fillList } from './list.js';
import { setText, setTime, setWords, stamp } from './template.js';

const most = 8; // steps
const few = 6; // names in a step

class GraphSpread extends HTMLElement {
  show(cause, services, impacts, now) {
    const steps = cause ? spread(cause, services, impacts) : [];
    this.hidden = steps.length < 2;
    if (this.hidden) return;
    if (!this.firstElementChild) this.append(stamp('graph-spread'));
    const items = steps.slice(0, most).map((step) => {
      const [{ id }] = step.services;
      return { key: `${id} ${step.status}`, isCause: id === cause.id, ...step };
    });
    fillList(this.querySelector('ol'), 'spread-step', items, (element, step) => showStep(element, step, now));
    const later = steps.slice(most).reduce((sum, step) => sum + step.services.length, 0);
    setText(this.querySelector('.spread-later'), later > 0 ? `${count(later)} more after that` : '');
  }
}

function showStep(element, { at, status, services, isCause }, now) {
  element.classList.toggle('spread-cause', isCause);
  const find = (selector) => element.querySelector(selector);
  setTime(find('time'), when(at, now), at);
  showStatus(find('.icon'), { status });
  setText(find('.visually-hidden'), `${statusNames[status]}: `);
  const names = services.slice(0, few).map(({ name }) => name);
  const more = services.length - names.length;
  const words = [...listed(names), more > 0 ? ` and ${more.toLocaleString('en')} more` : ''];
  const said = JSON.stringify(words);
  if (element.dataset.said !== said) setWords(find('.spread-names'), words);
  element.dataset.said = said;
}

customElements.define('graph-spread', GraphSpread);
