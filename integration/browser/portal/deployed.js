// A portal that runs already. The browser reaches it through a proxy on this machine. The
// proxy joins page and API with different addresses into one origin (a test cannot
// redirect an EventSource), sets the Host header and the API key, and can be closed, which
// to the page is an unreachable portal.
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';

export class DeployedPortal {
  owned = false;
  url = '';
  #page;
  #api;
  #host;
  #apiKey;
  #server = null;

  constructor({ url, apiURL = '', host = '', apiKey = '' }) {
    this.#page = new URL(url);
    this.#api = new URL(apiURL || url);
    this.#host = host;
    this.#apiKey = apiKey;
  }

  async start() {
    this.#server = http.createServer((req, res) => this.#pass(req, res));
    this.#server.keepAliveTimeout = 300_000; // the client closes idle connections, not the proxy during a request
    this.#server.listen(this.url ? Number(new URL(this.url).port) : 0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
  }

  async stop() {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    this.#server = null;
  }

  async close() {
    if (this.#server) await this.stop();
  }

  log() {
    return 'The portal runs elsewhere: its log is there.';
  }

  #pass(req, res) {
    const toAPI = /^\/api(?:[/?]|$)/.test(req.url);
    const upstream = toAPI ? this.#api : this.#page;
    const key = toAPI && this.#apiKey ? { authorization: `Bearer ${this.#apiKey}` } : {};
    const { request } = upstream.protocol === 'https:' ? https : http;
    const asked = request({
      protocol: upstream.protocol,
      hostname: upstream.hostname,
      port: upstream.port,
      servername: this.#host.replace(/:\d+$/, '') || undefined, // also for https by address
      agent: false, // a connection each: a kept one may be closed while it is used again
      method: req.method,
      path: req.url,
      headers: { ...key, ...req.headers, host: this.#host || upstream.host },
    });
    asked.on('response', (answer) => {
      res.writeHead(answer.statusCode, answer.rawHeaders);
      res.flushHeaders(); // an event stream may be silent for a while
      answer.on('error', () => res.destroy()).pipe(res);
    });
    asked.on('error', () => res.destroy()); // as if there were no proxy
    res.on('close', () => asked.destroy());
    req.on('error', () => asked.destroy()).pipe(asked);
  }
}
