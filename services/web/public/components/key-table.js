// <key-table> lists API keys: its property `keys` is what the API gave, or null while that
// is not known; tick(now) updates the times. It bubbles "revoke" (detail the key).
import { expires, grants, lastUsed } from '../lib/keys.js';
import { setTime, stamp, tell } from './template.js';

class KeyTable extends HTMLElement {
  #keys = null;

  connectedCallback() {
    if (!this.firstElementChild) this.append(stamp('key-table'));
  }

  set keys(keys) {
    this.#keys = keys;
    this.querySelector('table').hidden = !keys?.length;
    this.querySelector('.key-none').hidden = keys?.length !== 0;
    this.querySelector('tbody').replaceChildren(...(keys ?? []).map((key) => this.#row(key)));
  }

  tick(now) {
    for (const [i, row] of [...this.querySelectorAll('tbody tr')].entries()) {
      const key = this.#keys[i];
      row.classList.toggle('expired', Date.parse(key.expires_at ?? '') <= now);
      setTime(row.querySelector('.key-expires'), expires(key, now), key.expires_at);
      setTime(row.querySelector('.key-used'), lastUsed(key, now), key.last_used_at);
    }
  }

  #row(key) {
    const row = stamp('key-row').firstElementChild;
    row.dataset.id = key.id;
    row.querySelector('.key-name').textContent = key.name;
    row.querySelector('.key-grants').textContent = grants(key);
    const [revoke, file] = [row.querySelector('button'), row.querySelector('.key-file')];
    revoke.hidden = key.from_file;
    file.hidden = !key.from_file;
    revoke.querySelector('bdi').textContent = key.name;
    revoke.addEventListener('click', () => tell(this, 'revoke', key));
    return row;
  }
}

customElements.define('key-table', KeyTable);
