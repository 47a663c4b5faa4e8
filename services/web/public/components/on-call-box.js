// <on-call-box> shows who is on call in a team, and next: show(answer, { plan, pageURL, mayEdit }, now) takes
// that of the API, or null while it is not known; tell(why) says that it could not be read, handovers(shifts)
// takes those that are unfolded, and tick(now) updates the texts that depend on the time. It bubbles
// "editplan", and "unfold" when the handovers are to be shown.
import { at, nobody, progress, shortly, source, starting, trouble, unread } from '../lib/on-call.js';
import { showReach, showUntil } from './on-call-reach.js';
import { setText, setTime, stamp, tell } from './template.js';

class OnCallBox extends HTMLElement {
  #answer = null;
  #about = {};
  #shown = '';

  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('on-call-box'));
    for (const button of this.querySelectorAll('button')) {
      button.addEventListener('click', () => tell(this, 'editplan'));
    }
    this.#all.addEventListener('toggle', () => this.unfolded && tell(this, 'unfold'));
  }

  get unfolded() {
    return this.#all.open;
  }

  show(answer, about, now) {
    this.#answer = answer;
    this.#about = about;
    this.ariaBusy = String(!answer);
    this.querySelector('.on-call-known').hidden = !answer;
    if (answer) this.#draw(now);
  }

  // reset forgets what was shown of another team.
  reset() {
    this.#all.open = false;
    this.handovers([]);
    this.tell('');
    this.#shown = '';
    this.show(null, {}, 0);
  }

  tell(why) {
    const failed = this.querySelector('.on-call-failed');
    setText(failed, why && `Who is on call is not shown, or not up to date: ${why}`);
    failed.hidden = !why;
  }

  tick(now) {
    if (!this.#answer) return;
    const items = this.querySelectorAll('.on-call-now > li');
    for (const [i, shift] of this.#answer.now.entries()) showShift(items[i], shift, now);
    for (const [i, shift] of this.#answer.next.entries())
      showNext(this.querySelectorAll('.on-call-next > li')[i], shift, now);
    const { plan } = this.#about;
    setText(this.querySelector('.on-call-source'), source(this.#answer, plan, now));
    setText(this.querySelector('.on-call-nobody'), nobody(this.#answer, now));
  }

  // handovers shows shifts in the order of their begins.
  handovers(shifts) {
    const rows = shifts.map((shift) => handover(shift));
    this.querySelector('tbody').replaceChildren(...rows);
    this.querySelector('table').hidden = rows.length === 0;
    this.querySelector('.on-call-no-shifts').hidden = rows.length > 0;
  }

  get #all() {
    return this.querySelector('.on-call-all');
  }

  #draw(now) {
    const { kind, now: present, next } = this.#answer;
    const { pageURL, mayEdit } = this.#about;
    const state = JSON.stringify([present, next, pageURL]);
    if (state !== this.#shown) {
      this.#shown = state;
      // Who has no address of their own is paged where the team is: once.
      const items = present.map(({ person }, i) => one(person, i === 0, pageURL));
      this.querySelector('.on-call-now').replaceChildren(...items);
      this.querySelector('.on-call-next').replaceChildren(...next.map(({ person }) => nextOne(person)));
    }
    this.querySelector('.on-call-now').hidden = present.length === 0;
    this.querySelector('.on-call-next').hidden = next.length === 0;
    this.querySelector('.on-call-nobody').hidden = present.length > 0;
    this.querySelector('.on-call-source').hidden = !kind;
    const problem = this.querySelector('.on-call-problem');
    setText(problem, trouble(this.#answer));
    problem.hidden = !problem.textContent;
    this.querySelector('.on-call-add').hidden = Boolean(kind) || !mayEdit;
    this.querySelector('.on-call-edit').hidden = !kind || !mayEdit;
    this.#all.hidden = !kind || kind === 'contact' || unread(this.#answer);
    this.tick(now);
  }
}

function one(person, first, pageURL) {
  const item = stamp('on-call-one').firstElementChild;
  setText(item.querySelector('.on-call-name'), person.name);
  item.querySelector('.on-call-page').classList.toggle('primary', first);
  showReach(item, person, first ? pageURL : '');
  return item;
}

function nextOne(person) {
  const item = stamp('on-call-next-one').firstElementChild;
  setText(item.querySelector('.on-call-name'), person.name);
  return item;
}

function showShift(item, shift, now) {
  showUntil(item.querySelector('.on-call-until'), shift, now);
  item.querySelector('.on-call-override').hidden = !shift.override;
  const done = progress(shift, now);
  item.querySelector('.on-call-bar').hidden = done === null;
  if (done === null) return;
  item.querySelector('.bar-done').setAttribute('width', done);
  item.querySelector('.bar-now').setAttribute('x', Math.min(Math.max(done - 3, 0), 994));
  const [from, until] = item.querySelectorAll('.bar-times time');
  setTime(from, at(shift.from, now), shift.from);
  setTime(until, at(shift.until, now), shift.until);
}

function showNext(item, shift, now) {
  setTime(item.querySelector('time'), at(shift.from, now), shift.from);
  const wait = starting(shift, now);
  setText(item.querySelector('.on-call-left'), wait && `, ${wait}`);
}

function handover({ person, from, until, override }) {
  const row = stamp('on-call-handover').firstElementChild;
  const [begin, end] = row.querySelectorAll('time');
  for (const [time, moment] of [
    [begin, from],
    [end, until],
  ])
    setTime(time, moment ? shortly(moment) : '–', moment);
  setText(row.querySelector('bdi'), person.name);
  row.querySelector('.on-call-override').hidden = !override;
  return row;
}

customElements.define('on-call-box', OnCallBox);
