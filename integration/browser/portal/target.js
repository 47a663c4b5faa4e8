// A probed service, whose answers a test sets.
import { once } from 'node:events';
import http from 'node:http';
import { settings } from './settings.js';

const everywhere = settings.targetHost === '127.0.0.1' ? '127.0.0.1' : '0.0.0.0';

export class Target {
  #server = null;
  #port = 0;
  #answer = (res) => res.end();
  #asked = [];

  // url is the health URL for the portal.
  get url() {
    return `http://${settings.targetHost}:${this.#port}/healthz`;
  }

  async start() {
    this.#server = http.createServer((_, res) => {
      for (const tell of this.#asked.splice(0)) tell();
      this.#answer(res);
    });
    this.#server.listen(this.#port, everywhere);
    await once(this.#server, 'listening');
    this.#port = this.#server.address().port;
  }

  answers(status) {
    this.#answer = (res) => res.writeHead(status).end();
  }

  redirects(location) {
    this.#answer = (res) => res.writeHead(302, { Location: location }).end();
  }

  hangs() {
    this.#answer = () => {};
  }

  // refuses closes the port: connections are refused.
  async refuses() {
    await this.stop();
  }

  // asked resolves at the next probe.
  asked() {
    return new Promise((resolve) => this.#asked.push(resolve));
  }

  async stop() {
    if (!this.#server) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    this.#server = null;
    await closed;
  }
}
