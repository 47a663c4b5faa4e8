// What shows who is on call, and how to reach them.
import { at, firstToEnd, left, names, reach } from '../lib/on-call.js';
import { setText, setTime, setWords, stamp } from './template.js';

// showReach shows the links by which a person can be reached: those within an element, each with the
// data-reach that lib/on-call.js has. pageURL is where their team is paged.
export function showReach(element, person, pageURL) {
  const known = reach(person, pageURL);
  for (const link of element.querySelectorAll('[data-reach]')) {
    const address = known[link.dataset.reach];
    link.hidden = !address;
    if (address) link.href = address;
    else link.removeAttribute('href');
    setText(link.querySelector('bdi'), person.name);
    const word = link.querySelector('.reach-text');
    if (word) setText(word, person[link.dataset.reach] ?? '');
  }
}

// showUntil shows until when a shift is, with the time that it still takes; nothing for one without an end.
export function showUntil(element, shift, now) {
  element.hidden = !shift.until;
  if (!shift.until) return;
  setTime(element.querySelector('time'), at(shift.until, now), shift.until);
  const rest = left(shift, now);
  setText(element.querySelector('.on-call-left'), rest && `, ${rest}`);
}

// <on-call-line> says in a line who is on call in a team: show(answer, now, pageURL). Without an address of the
// team, which may be "", it does not say how to reach them.
class OnCallLine extends HTMLElement {
  #shown = '';

  connectedCallback() {
    this.#build();
  }

  show(answer, now, pageURL) {
    this.#build();
    const brief = this.classList.contains('brief');
    this.hidden = !answer;
    if (this.hidden) return;
    const [first] = answer.now;
    const all = names(answer);
    const said = JSON.stringify(all);
    if (said !== this.#shown) {
      this.#shown = said;
      setWords(this.querySelector('.on-call-names'), list(all));
    }
    this.querySelector('.on-call-some').hidden = !first;
    const none = this.querySelector('.on-call-none');
    none.hidden = Boolean(first);
    setText(none, answer.kind || brief ? 'Nobody on call' : 'No on-call plan');
    showUntil(this.querySelector('.on-call-until'), firstToEnd(answer), now);
    const known = first && pageURL !== undefined;
    showReach(this, known ? first.person : { name: '' }, known ? pageURL : '');
  }

  #build() {
    if (!this.firstElementChild)
      this.append(stamp(this.classList.contains('brief') ? 'on-call-brief' : 'on-call-line'));
  }
}

// list puts names between commas.
function list(all) {
  return all.flatMap((name, i) => (i === 0 ? [{ name }] : [', ', { name }]));
}

customElements.define('on-call-line', OnCallLine);
