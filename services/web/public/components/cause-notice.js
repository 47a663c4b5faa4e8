// <cause-notice> says above the list what fell and hits other services, and who is on call: show(causes, now, held)
// with those of lib/impacts.js. While held, because a pointer is over the list, it gets no higher and no lower. With
// the class "in-graph" each line leads to the graph around its cause.
import { around } from '../lib/graph-view.js';
import { lasting, whom } from '../lib/impact.js';
import { address, teamNamed } from '../lib/route.js';
import { listed, showLink, showStatus } from './hit-box.js';
import { fillList } from './list.js';
import { setText, setWords, stamp } from './template.js';

const few = 3; // lines that it has until somebody wants all

class CauseNotice extends HTMLElement {
  #ids = []; // of the causes that are shown
  #whole = false;
  #shown = null; // the arguments of show

  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('cause-notice'));
    this.querySelector('.causes-all').addEventListener('click', () => {
      this.#whole = !this.#whole;
      this.#fill(...this.#shown);
    });
  }

  show(causes, now, held) {
    const byID = new Map(causes.filter(({ hits }) => hits > 0).map((cause) => [cause.id, cause]));
    if (!held) this.#ids = [...byID.keys()];
    this.#shown = [byID, now];
    this.#fill(byID, now);
  }

  #fill(byID, now) {
    this.hidden = this.#ids.length === 0;
    const ids = this.#whole ? this.#ids : this.#ids.slice(0, few);
    const lines = ids.map((id) => ({ key: id, cause: byID.get(id) }));
    fillList(this.querySelector('ul'), 'cause-line', lines, (element, { cause }) =>
      showLine(element, cause, now, this.classList.contains('in-graph')),
    );
    const all = this.querySelector('.causes-all');
    all.hidden = this.#ids.length <= few;
    all.ariaExpanded = String(this.#whole);
    setText(all.firstElementChild, this.#whole ? 'Fewer' : `${(this.#ids.length - few).toLocaleString('en')} more`);
  }
}

// showLine shows a cause; one that is none any more keeps its place for a while.
function showLine(element, cause, now, inGraph) {
  const find = (selector) => element.querySelector(selector);
  element.classList.toggle('over', !cause);
  find('.cause-duty').hidden = !cause?.team;
  setText(find('.cause-fell'), cause ? said(cause, now) : 'no longer hits other services.');
  find('.cause-around').hidden = !cause || !inGraph;
  if (!cause) return;
  const { service, team, on_call: people } = cause;
  showStatus(find('.icon'), service);
  showLink(find('.cause-name'), address(service.name), service.name);
  showLink(find('.cause-around'), around(service.id), `${service.name}: `);
  if (!team) return;
  showLink(find('.cause-team'), teamNamed(team), team);
  const names = find('.cause-people');
  const words = people.length > 0 ? [', on call: ', ...listed(people)] : [];
  const key = JSON.stringify(words);
  if (names.dataset.said !== key) setWords(names, words);
  names.dataset.said = key;
}

function said({ service, ...cause }, now) {
  const age = lasting(service, now);
  const state = age ? `has been ${service.status} for ${age}` : `is ${service.status}`;
  return `${state}, and hits ${whom(cause)}.`;
}

customElements.define('cause-notice', CauseNotice);
