// Wire is a TCP proxy between a browser and a portal. cut drops the portal's bytes on the
// connections that stream events, and holds them back on new ones. It closes none, like a
// NAT or a Wi-Fi that has lost its state.
import { once } from 'node:events';
import net from 'node:net';

export class Wire {
  url = '';
  asked = 0; // number of requests for an event stream
  #to;
  #server = null;
  #connections = new Set(); // sockets to the portal
  #streaming = new Set(); // sockets that stream events
  #held = null; // sockets to resume by mend; null if the wire is not cut

  constructor(portalURL) {
    this.#to = new URL(portalURL);
  }

  // streams returns the number of open event streams.
  get streams() {
    return this.#streaming.size;
  }

  async open() {
    this.#server = net.createServer((browser) => this.#join(browser));
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
  }

  cut() {
    this.#held = new Set();
    for (const portal of this.#streaming) portal.removeAllListeners('data').on('data', () => {});
  }

  mend() {
    for (const portal of this.#held) portal.resume();
    this.#held = null;
  }

  async close() {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const portal of this.#connections) portal.destroy();
    await closed;
  }

  #join(browser) {
    const portal = net.connect(Number(this.#to.port), this.#to.hostname);
    this.#connections.add(portal);
    browser.on('data', (bytes) => {
      if (/^GET \/api\/events[ ?]/m.test(bytes.toString('latin1'))) this.#stream(portal);
      portal.write(bytes);
    });
    portal.on('data', (bytes) => browser.write(bytes));
    for (const [one, other] of [
      [browser, portal],
      [portal, browser],
    ]) {
      one.on('end', () => other.end());
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
    portal.on('close', () => {
      this.#connections.delete(portal);
      this.#streaming.delete(portal);
      this.#held?.delete(portal);
    });
  }

  #stream(portal) {
    this.asked++;
    this.#streaming.add(portal);
    if (!this.#held) return;
    this.#held.add(portal);
    portal.pause();
  }
}
