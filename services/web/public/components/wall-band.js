// <wall-band> says in large letters which service is down: show(service, impact, cause), or null for none, with what
// lib/impacts.js has of it; tick(now) updates for how long.
import { when } from '../lib/dates.js';
import { statusSince } from '../lib/filter.js';
import { span } from '../lib/format.js';
import { aftermath, why } from '../lib/wall.js';
import { setText, setWords, stamp } from './template.js';

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
      why: find('.wall-band-reason'),
      hits: find('.wall-band-hits'),
      team: find('.wall-band-team'),
      teamName: find('.wall-band-team bdi'),
      age: find('.wall-band-since'),
      span: find('.wall-band-age'),
      time: find('time'),
    };
  }

  show(service, impact, cause) {
    this.#service = service;
    this.hidden = service === null;
    if (!service) return;
    const { name, why: reason, team, teamName, hits } = this.#parts;
    setText(name, service.name);
    this.classList.toggle('long', service.name.length > long);
    setWords(reason, [...why(service, impact), '.']);
    setText(teamName, service.team ?? '');
    team.hidden = !service.team;
    setWords(hits, aftermath(cause));
    hits.hidden = !cause?.hits;
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
