// What hits a service, and whom it hits: <hit-line> says the nearest cause in a line of a card or a row, <hit-box>
// all that is known on the page of the service. Both have show(impact, cause, now), with what lib/impacts.js has
// of the service, or undefined.
import { described, fell, whom } from '../lib/impact.js';
import { address, teamNamed } from '../lib/route.js';
import { fillList } from './list.js';
import { quoted, setText, setWords, stamp } from './template.js';

class HitLine extends HTMLElement {
  show(impact, _, now) {
    this.hidden = !impact;
    if (!impact) return;
    if (!this.firstElementChild) this.append(stamp('hit-line'));
    const [{ service }] = impact.causes;
    showStatus(this.querySelector('.icon'), service);
    setText(this.querySelector('bdi'), service.name);
    const status = this.querySelector('.hit-fell');
    status.className = `hit-fell ${service.status}`;
    setText(status, fell(service, now));
    const title = described(impact, now, quoted);
    if (this.title !== title) this.title = title;
  }
}

class HitBox extends HTMLElement {
  show(impact, cause, now) {
    const hits = cause?.hits > 0;
    this.hidden = !impact && !hits;
    if (this.hidden) return;
    if (!this.firstElementChild) this.append(stamp('hit-box'));
    const [causes, more, teams] = ['.hit-causes', '.hit-more', '.hit-teams'].map((part) => this.querySelector(part));
    causes.hidden = !impact;
    more.hidden = !impact?.more;
    const list = (impact?.causes ?? []).map((one) => ({ key: one.service.id, ...one }));
    fillList(causes, 'hit-cause', list, (element, one) => showCause(element, one, now));
    teams.hidden = !hits;
    if (hits) showWhom(teams, cause);
  }
}

function showCause(element, { service, hops, via }, now) {
  const [link, through] = element.querySelectorAll('a');
  showStatus(element.querySelector('.icon'), service);
  showLink(link, address(service.name), service.name);
  setText(element.querySelector('.hit-fell'), `(${fell(service, now)})`);
  element.querySelector('.hit-through').hidden = hops < 2;
  showLink(through, address(via.name), via.name);
}

function showWhom(element, cause) {
  setText(element.querySelector('summary'), `Hits ${whom(cause)}`);
  const teams = cause.teams.map((one) => ({ key: one.team ?? '', ...one }));
  fillList(element.querySelector('ul'), 'hit-team', teams, showTeam);
}

function showTeam(element, { team, services, on_call: people }) {
  const link = element.querySelector('a');
  link.hidden = !team;
  if (team) showLink(link, teamNamed(team), team);
  setText(element.querySelector('.hit-nobody'), team ? '' : 'No team');
  setText(element.querySelector('.hit-count'), services.toLocaleString('en'));
  const duty = element.querySelector('.hit-duty');
  duty.hidden = people.length === 0;
  const said = people.join('\n');
  if (duty.dataset.said === said) return;
  duty.dataset.said = said;
  setWords(duty, [', on call ', ...listed(people)]);
}

// listed puts names between commas, as parts for setWords.
export function listed(names) {
  return names.flatMap((name, i) => (i === 0 ? [{ name }] : [', ', { name }]));
}

// showLink leads to an address by the name of what is there.
export function showLink(link, to, name) {
  if (link.getAttribute('href') !== to) link.href = to;
  setText(link.firstElementChild, name);
}

export function showStatus(icon, { status }) {
  const name = `icon icon-${status} ${status}`;
  if (icon.className !== name) icon.className = name;
}

customElements.define('hit-line', HitLine);
customElements.define('hit-box', HitBox);
