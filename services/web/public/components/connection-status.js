// <connection-status> says how fresh the page's data is: show({ mode, at }), the state
// of Sync.
import { clock } from '../lib/dates.js';
import { setText, stamp } from './template.js';

const words = {
  loading: () => 'Connecting',
  live: () => 'Live',
  past: () => 'Past',
  polling: () => 'Refreshing every 30 s',
  offline: (at) => (at ? `Offline, data from ${clock(at)}` : 'Offline'),
};

class ConnectionStatus extends HTMLElement {
  connectedCallback() {
    if (!this.firstElementChild) this.append(stamp('connection-status'));
  }

  show({ mode, at }) {
    const line = this.querySelector('.connection');
    line.className = `connection ${mode}`;
    line.title = at && mode !== 'past' ? `Data from ${clock(at)}` : '';
    setText(this.querySelector('.connection-text'), words[mode](at));
  }
}

customElements.define('connection-status', ConnectionStatus);
