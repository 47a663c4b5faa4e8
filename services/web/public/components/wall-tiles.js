// <wall-tiles> shows services in trouble as tiles: show({ services, impactOf, rest, size, columns, rows,
// label }), where impactOf tells of an id what hits the service, and rest is { total, text } of those that have no
// tile; tick(now) updates for how long.
import { statusSince } from '../lib/filter.js';
import { span } from '../lib/format.js';
import { finish, reconcile } from '../lib/reconcile.js';
import { statusNames } from '../lib/status.js';
import { why } from '../lib/wall.js';
import { setText, setWords, stamp } from './template.js';

class WallTiles extends HTMLElement {
  #tiles = new Map(); // id → tile
  #more = null;
  #list = null;

  connectedCallback() {
    if (this.#list) return;
    this.append(stamp('wall-tiles'));
    this.#list = this.querySelector('ul');
    this.#more = stamp('wall-more').firstElementChild;
    this.#more.key = '';
  }

  show({ services, impactOf, rest, size, columns, rows, label }) {
    this.hidden = services.length === 0 && rest.total === 0;
    setText(this.querySelector('h2'), label);
    for (const [name, value] of Object.entries({ size, columns, rows })) this.style.setProperty(`--${name}`, value);
    const byID = new Map(services.map((service) => [service.id, service]));
    for (const id of this.#tiles.keys()) if (!byID.has(id)) this.#tiles.delete(id);
    const keys = rest.total > 0 ? [...byID.keys(), ''] : [...byID.keys()];
    finish(reconcile(this.#list, keys, (id) => (id ? this.#tile(byID.get(id), impactOf(id)) : this.#rest(rest))));
  }

  tick(now) {
    for (const tile of this.#tiles.values()) tickTile(tile, now);
  }

  #tile(service, impact) {
    const { id } = service;
    if (!this.#tiles.has(id)) this.#tiles.set(id, Object.assign(stamp('wall-tile').firstElementChild, { key: id }));
    const tile = this.#tiles.get(id);
    if (tile.service !== service) showTile(tile, service);
    showWhy(tile, why(service, impact));
    return tile;
  }

  #rest({ total, text }) {
    setText(this.#more.querySelector('h3'), `and ${total.toLocaleString('en')} more`);
    setText(this.#more.querySelector('p'), text);
    return this.#more;
  }
}

function showTile(tile, service) {
  const { name, status } = service;
  tile.service = service;
  tile.className = `wall-tile ${status}`;
  tile.dataset.id = service.id;
  tile.querySelector('.icon').className = `icon icon-${status} wall-tile-icon`;
  setText(tile.querySelector('.visually-hidden'), `${statusNames[status]}: `);
  setText(tile.querySelector('bdi'), name);
}

function showWhy(tile, parts) {
  const said = JSON.stringify(parts);
  if (tile.said === said) return;
  tile.said = said;
  setWords(tile.querySelector('.wall-tile-why'), parts);
}

function tickTile(tile, now) {
  const began = statusSince(tile.service);
  setText(tile.querySelector('.wall-tile-age'), began ? ` · ${span(now - began)}` : '');
}

customElements.define('wall-tiles', WallTiles);
