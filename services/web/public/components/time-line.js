// <time-line> lists what befell a service, or the services of a team, the newest first: show(moments, more) takes
// those of the API; tick(now) updates the times. It bubbles "undo" (detail the change), "kind" (detail
// of which kind to show, or "") and "earlier".
import { details, undoLabel } from '../lib/changes.js';
import { timeOfDay } from '../lib/dates.js';
import { format, wholeSecond } from '../lib/moment.js';
import { address } from '../lib/route.js';
import { before, days, said, saidOf, telling } from '../lib/timeline.js';
import { setTime, setWords, stamp, tell } from './template.js';

class TimeLine extends HTMLElement {
  #kind = '';

  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('time-line'));
    this.querySelector('.timeline-kinds').addEventListener('click', ({ target }) => {
      if (target.dataset.kind !== undefined) this.#choose(target.dataset.kind);
    });
    this.querySelector('.timeline-earlier').addEventListener('click', () => tell(this, 'earlier'));
  }

  get kind() {
    return this.#kind;
  }

  // show shows moments; more says whether there are earlier ones.
  show(all, more, now) {
    const moments = all.filter(telling);
    const newest = moments.find(({ kind }) => kind === 'change');
    const groups = days(moments, now).map(({ title, moments: list }) => {
      const day = stamp('timeline-day').firstElementChild;
      day.querySelector('h4').textContent = title;
      day
        .querySelector('ol')
        .append(...list.map((moment) => this.#item(moment, before(moments, moment), moment === newest)));
      return day;
    });
    this.querySelector('.timeline-days').replaceChildren(...groups);
    this.querySelector('.timeline-none').hidden = moments.length > 0;
    this.querySelector('.timeline-earlier').hidden = !more;
  }

  #choose(kind) {
    this.#kind = kind;
    for (const button of this.querySelectorAll('[data-kind]'))
      button.ariaPressed = String(button.dataset.kind === kind);
    tell(this, 'kind', kind);
  }

  #item(moment, older, latest) {
    const item = stamp('moment').firstElementChild;
    const { service } = moment;
    const { icon, words, more, link, after } = service ? saidOf(moment, older) : said(moment, older);
    item.classList.add(icon);
    item.querySelector('.icon').classList.add(`icon-${icon}`);
    setTime(item.querySelector('time'), timeOfDay(moment.at), moment.at);
    setService(item.querySelector('.moment-service'), service);
    setWords(item.querySelector('.moment-what'), words);
    setWords(item.querySelector('.moment-more'), more);
    setLink(item.querySelector('.moment-link'), link, moment.deployment?.version ?? moment.release?.tag);
    setWords(item.querySelector('.moment-after'), after);
    item.classList.toggle('caused', after.length > 0);
    const then = item.querySelector('.moment-then');
    then.hidden = moment.kind !== 'status';
    if (!then.hidden) {
      then.href = `/?at=${format(wholeSecond(moment.at))}`;
      then.ariaLabel = `The portal at ${timeOfDay(moment.at)}`;
    }
    const undo = item.querySelector('button');
    if (moment.kind === 'change') {
      item.querySelector('dl').append(...details(moment.change).map(detail));
      // What was done to one of several is taken back on its own page.
      const own = !service && moment.change.kind !== 'team';
      undo.textContent = own ? undoLabel(moment.change, latest) : '';
      undo.addEventListener('click', () => tell(this, 'undo', moment.change));
    }
    undo.hidden = !undo.textContent;
    return item;
  }
}

// setService leads to the service that a moment is about, if it is one of several.
function setService(link, service) {
  link.hidden = !service;
  if (!service) return;
  link.href = address(service.id);
  link.querySelector('bdi').textContent = service.name;
}

// setLink shows a link to a page elsewhere, named for those who hear it alone; "": there is none.
function setLink(link, address, name = '') {
  link.hidden = !address;
  if (!address) return;
  link.href = address;
  link.querySelector('bdi').textContent = name;
}

function detail({ field, before, after, words }) {
  const line = stamp('change-detail').firstElementChild;
  line.querySelector('dt').textContent = field;
  if (words) {
    setWords(line.querySelector('dd'), words);
    return line;
  }
  const [was, is] = line.querySelectorAll('bdi');
  was.textContent = before;
  is.textContent = after;
  return line;
}

customElements.define('time-line', TimeLine);
