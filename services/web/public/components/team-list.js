// <team-list> lists teams, each with its services by status: show(entries, nobody) takes those of
// lib/teams.js, each with who is on call, and the count of services without a team; tick(now) updates the texts
// that depend on the time.
import { count } from '../lib/format.js';
import { neighbour } from '../lib/neighbour.js';
import { finish, reconcile } from '../lib/reconcile.js';
import { teamAddress, teamNamed } from '../lib/route.js';
import { inTrouble } from '../lib/teams.js';
import { everything, format } from '../lib/view.js';
import { setText, stamp } from './template.js';
import './on-call-reach.js';
import './team-contacts.js';

const arrows = ['ArrowUp', 'ArrowDown', 'Home', 'End'];

class TeamList extends HTMLElement {
  #rows = new Map(); // key → row
  #onCalls = new Map(); // line → who is on call
  #list;
  #nobody;

  connectedCallback() {
    if (this.#list) return;
    this.append(stamp('team-list'));
    this.#list = this.querySelector('ul');
    this.#nobody = this.querySelector('.team-nobody');
    this.addEventListener('keydown', (event) => this.#key(event));
  }

  show(entries, nobody) {
    const byKey = new Map(entries.map((entry) => [keyOf(entry), entry]));
    this.#onCalls.clear();
    for (const key of this.#rows.keys()) if (!byKey.has(key)) this.#rows.delete(key);
    finish(reconcile(this.#list, [...byKey.keys()], (key) => this.#row(key, byKey.get(key))));
    this.#list.hidden = entries.length === 0;
    this.#nobody.hidden = nobody.total === 0;
    showCounts(this.#nobody, nobody);
  }

  tick(now) {
    for (const [line, answer] of this.#onCalls) line.show(answer, now);
  }

  focusFirst() {
    this.querySelector('.team-name a')?.focus();
  }

  #row(key, { name, team, count: counted, onCall }) {
    let row = this.#rows.get(key);
    if (!row) {
      row = stamp('team-row').firstElementChild;
      row.key = key;
      this.#rows.set(key, row);
    }
    const link = row.querySelector('.team-name a');
    setText(link, name);
    setLink(link, team ? teamAddress(team.slug) : teamNamed(name));
    setText(row.querySelector('.team-description'), firstLine(team?.description));
    row.classList.toggle('trouble', inTrouble(counted));
    showCounts(row, counted, name);
    row.querySelector('team-contacts').show(team);
    this.#onCalls.set(row.querySelector('on-call-line'), onCall);
    return row;
  }

  #key(event) {
    const link = event.target.closest('.team-name a');
    if (!link || !arrows.includes(event.key) || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey)
      return;
    const links = [...this.querySelectorAll('.team-name a')];
    const to = neighbour(links.length, links.indexOf(link), event.key, (i) => links[i].getBoundingClientRect());
    event.preventDefault();
    links[to].focus();
  }
}

function keyOf({ name, team }) {
  return team ? `team ${team.slug}` : `name ${name}`;
}

// showCounts shows how many services have which status; with the name of a team, each leads to these.
function showCounts(row, counted, name) {
  for (const part of row.querySelectorAll('[data-status]')) {
    const { status } = part.dataset;
    part.hidden = counted[status] === 0;
    setText(part.querySelector('.team-number'), counted[status].toLocaleString('en'));
    if (name) setLink(part.querySelector('a'), format({ ...everything, team: [name], status: [status] }));
  }
  const total = row.querySelector('.team-total');
  setText(total, counted.total > 0 ? count(counted.total) : 'no services');
  if (!name) return;
  if (counted.total > 0) setLink(total, format({ ...everything, team: [name] }));
  else total.removeAttribute('href');
  for (const part of row.querySelectorAll('[data-status] bdi')) setText(part, name);
}

function setLink(link, address) {
  if (link.getAttribute('href') !== address) link.href = address;
}

function firstLine(text) {
  return (text ?? '').trim().split('\n', 1)[0];
}

customElements.define('team-list', TeamList);
