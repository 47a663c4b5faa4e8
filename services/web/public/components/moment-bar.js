// <moment-bar> shows which moment the page is about, and leads to others: show(past, now) must be
// called after a change of what is shown of it, tick(now) updates the texts that depend on the time. It bubbles "moment"
// (detail ms) when a person has chosen one, "copymoment" and "now".
import { serverClock } from '../lib/clock.js';
import { clock, day, exactly, shortWeekday, timeOfDay } from '../lib/dates.js';
import { age, height, labels, marks, moved, parse, place, width } from '../lib/moment.js';
import { setText, setTime, stamp, tell } from './template.js';

const settles = 300; // ms without a move, after which the moment is shown
const second = 1000;

class MomentBar extends HTMLElement {
  #past = null;
  #at = 0; // the moment, also one that is only chosen so far
  #timer = 0;
  #parts;

  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('moment-bar'));
    const find = (selector) => this.querySelector(selector);
    this.#parts = {
      time: find('.moment-time time'),
      note: find('.moment-note span'),
      said: find('.moment-said'),
      form: find('form'),
      input: find('#momentInput'),
      range: find('.moment-range'),
      labels: find('.moment-labels'),
      before: find('[data-fall=before]'),
      after: find('[data-fall=after]'),
    };
    const { form, range, before, after } = this.#parts;
    range.addEventListener('input', () => this.#choose(range.valueAsNumber * second));
    range.addEventListener('keydown', (event) => this.#key(event));
    before.addEventListener('click', () => this.#jump(before, this.#past.around.before));
    after.addEventListener('click', () => this.#jump(after, this.#past.around.after));
    find('[data-do=copy]').addEventListener('click', () => tell(this, 'copymoment'));
    find('[data-do=now]').addEventListener('click', () => tell(this, 'now'));
    form.addEventListener('toggle', ({ newState }) => newState === 'open' && this.#ask());
    form.addEventListener('submit', (event) => this.#submit(event));
  }

  show(past, now) {
    this.#past = past;
    if (!past.text) {
      clearTimeout(this.#timer);
      this.#timer = 0;
    }
    if (!past.on) return;
    if (this.#timer === 0) this.#at = past.at;
    const { said, range } = this.#parts;
    range.disabled = !past.text;
    setText(said, this.#says());
    this.tick(now);
  }

  tick(now) {
    this.#draw(); // the slider ends now
    const { time, note } = this.#parts;
    if (Number.isNaN(this.#at)) {
      setText(time, 'No time');
      setText(note, 'Choose one');
      return;
    }
    setTime(time, exactly(this.#at, now), new Date(this.#at).toISOString());
    setText(note, age(this.#at, now));
  }

  focus() {
    this.#parts.range.focus();
  }

  #says() {
    const { mode, why, knownFrom } = this.#past;
    if (mode === 'loading') return 'Reading what was …';
    if (mode === 'offline') return why;
    if (!knownFrom) return '';
    const from = new Date(knownFrom);
    return `Names, teams and links are as on ${day(from, serverClock.now())}, ${timeOfDay(from)}: earlier changes are no longer known.`;
  }

  #draw() {
    const { span, falls, around } = this.#past;
    const { range, labels: below, before, after } = this.#parts;
    if (!span || Number.isNaN(this.#at)) return;
    Object.assign(range, { min: span.from / second, max: span.to / second });
    range.valueAsNumber = this.#at / second;
    range.ariaValueText = exactly(this.#at, serverClock.now());
    const draw = (name, path) => this.querySelector(`.moment-picture .${name}`).setAttribute('d', path);
    const rail = height + 3;
    draw('rail', `M0 ${rail}H${width}`);
    draw('passed', `M0 ${rail}H${Math.min(Math.max(place(this.#at, span), 0), width).toFixed(1)}`);
    for (const status of ['degraded', 'down']) draw(status, marks(falls, span, status));
    below.replaceChildren(...labels(span).map((one) => label(one, span)));
    before.ariaDisabled = String(!around.before || this.#timer !== 0);
    after.ariaDisabled = String(!around.after || this.#timer !== 0);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = moved(this.#at, event, this.#past.span);
    if (at === null) return;
    event.preventDefault();
    this.#choose(at);
  }

  #jump(button, at) {
    if (button.ariaDisabled !== 'true') tell(this, 'moment', at);
  }

  // choose shows a moment in the bar at once, and the portal at it when a person stays there.
  #choose(at) {
    this.#at = at;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      tell(this, 'moment', at);
    }, settles);
    this.tick(serverClock.now());
  }

  #ask() {
    const { input } = this.#parts;
    const local = (at) => {
      const shifted = new Date(at - new Date(at).getTimezoneOffset() * 60 * second);
      return shifted.toISOString().slice(0, 19);
    };
    input.max = local(serverClock.now());
    input.value = local(Number.isNaN(this.#at) ? serverClock.now() : this.#at);
    input.focus();
  }

  #submit(event) {
    event.preventDefault();
    const at = parse(this.#parts.input.value);
    if (Number.isNaN(at)) return;
    this.#parts.form.hidePopover();
    tell(this, 'moment', at);
  }
}

function label({ at, day: whole }, span) {
  const text = document.createElement('span');
  text.textContent = whole ? shortWeekday(at) : clock(at).slice(0, 5);
  text.style.setProperty('--place', `${place(at, span) / (width / 100)}%`);
  return text;
}

customElements.define('moment-bar', MomentBar);
