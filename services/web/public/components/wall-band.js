// <wall-band> says in large letters which service is down: show(service), or null for none;
// tick(now) updates for how long.
import { when } from '../lib/dates.js';
import { statusSince } from '../lib/filter.js';
import { span } from '../lib/format.js';
import { why } from '../lib/wall.js';
import { setText, stamp } from './template.js';

const long = 36; // characters of a name that is set in smaller letters

class WallBand extends HTMLElement {
  #service = null;
  #parts = null;

  connectedCallback() {
    if (this.#parts) return;
    this.append(stamp('wall-band'));
    const find = (selector) => this.querySelector(selector);
    this.#parts = {
      name: find('h2 bdi'),
      why: find('.wall-band-why span'),
      team: find('.wall-band-team'),
      teamName: find('.wall-band-team bdi'),
      age: find('.wall-band-since'),
      span: find('.wall-band-age'),
      time: find('time'),
    };
  }

  show(service) {
    this.#service = service;
    this.hidden = service === null;
    if (!service) return;
    const { name, why: reason, team, teamName } = this.#parts;
    setText(name, service.name);
    this.classList.toggle('long', service.name.length > long);
    setText(reason, `${why(service)}.`);
    setText(teamName, service.team ?? '');
    team.hidden = !service.team;
  }

  tick(now) {
    if (!this.#service) return;
    const { age, span: words, time } = this.#parts;
    const began = statusSince(this.#service);
    age.hidden = began === 0;
    if (began === 0) return;
    setText(words, span(now - began));
    setText(time, `since ${when(began, now)}`);
    time.dateTime = this.#service.status_since;
  }
}

customElements.define('wall-band', WallBand);
