// <wall-names> shows healthy services as names in columns: show({ services, rest, columns, rows }),
// where rest is the number of those that are not named.
import { finish, reconcile } from '../lib/reconcile.js';
import { setText, stamp } from './template.js';

class WallNames extends HTMLElement {
  #items = new Map(); // id → item
  #more = null;
  #list = null;

  connectedCallback() {
    if (this.#list) return;
    this.append(stamp('wall-names'));
    this.#list = this.querySelector('ul');
    this.#more = Object.assign(document.createElement('li'), { key: '', className: 'more' });
  }

  show({ services, rest, columns, rows }) {
    this.hidden = services.length === 0 && rest === 0;
    for (const [name, value] of Object.entries({ columns, rows })) this.style.setProperty(`--${name}`, value);
    const byID = new Map(services.map((service) => [service.id, service]));
    for (const id of this.#items.keys()) if (!byID.has(id)) this.#items.delete(id);
    const keys = rest > 0 ? [...byID.keys(), ''] : [...byID.keys()];
    finish(reconcile(this.#list, keys, (id) => (id ? this.#item(byID.get(id)) : this.#rest(rest))));
  }

  #item({ id, name }) {
    if (!this.#items.has(id)) {
      const item = Object.assign(document.createElement('li'), { key: id });
      item.append(Object.assign(document.createElement('bdi'), { className: 'wall-name' }));
      this.#items.set(id, item);
    }
    const item = this.#items.get(id);
    setText(item.firstElementChild, name);
    return item;
  }

  #rest(total) {
    setText(this.#more, `and ${total.toLocaleString('en')} more`);
    return this.#more;
  }
}

customElements.define('wall-names', WallNames);
