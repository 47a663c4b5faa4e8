// Which services were seen calling which others, as traces show it: as lib/reading.js. Of the past nothing is known.
import { ago } from './format.js';
import { Reading } from './reading.js';

const retry = 30_000; // ms after a failure

export class Calls extends Reading {
  list = []; // as in the API: { from, to, calls_per_minute, first_seen, last_seen }
  #api;
  #etag = null;

  // live is a Live, sync a Sync.
  constructor({ api, live, sync }) {
    super({ events: /^service\.(created|deleted)$/, retry, live, sync });
    this.#api = api;
  }

  async read(at) {
    if (at) return () => {};
    const { found, etag } = await this.#api.calls(this.#etag);
    return () => {
      this.#etag = etag;
      if (!found) return;
      this.list = found;
      this.dispatchEvent(new Event('change'));
    };
  }

  forget() {
    this.list = [];
    this.#etag = null;
  }
}

// often says how many calls a minute there are, "" if nobody said so.
export function often(perMinute) {
  if (!perMinute) return '';
  if (perMinute < 1) return 'less than once a minute';
  const rounded = perMinute < 10 ? Math.round(perMinute * 10) / 10 : Math.round(perMinute);
  return rounded === 1 ? 'once a minute' : `${rounded.toLocaleString('en')} times a minute`;
}

// seen says when calls were seen, at a time in ms.
export function seen({ calls_per_minute: perMinute, last_seen: last }, now) {
  return [often(perMinute), `seen ${ago(now - Date.parse(last), 60_000)}`].filter(Boolean).join(' · ');
}
