// <team-contacts> has links to where a team can be reached: show(team).
import { contacts } from '../lib/team-fields.js';
import { setText, stamp } from './template.js';

class TeamContacts extends HTMLElement {
  connectedCallback() {
    this.#build();
  }

  // show shows those of a team; undefined: none is known.
  show(team) {
    this.#build();
    const known = contacts(team);
    for (const link of this.children) {
      const address = known[link.dataset.contact];
      link.hidden = !address;
      if (!address) {
        link.removeAttribute('href');
        continue;
      }
      if (link.getAttribute('href') !== address) link.href = address;
      setText(link.querySelector('bdi'), team.name);
    }
    this.hidden = Object.values(known).every((address) => !address);
  }

  #build() {
    if (!this.firstElementChild) this.append(stamp('team-contacts'));
  }
}

customElements.define('team-contacts', TeamContacts);
