// A forge that answers as Gitea's API does, with the releases that a test publishes.
import { once } from 'node:events';
import http from 'node:http';

export class Forge {
  #server = null;
  #repositories = new Map(); // releases by path

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  async start() {
    this.#server = http.createServer(({ url }, res) => {
      const [, path] = /^\/api\/v1\/repos\/(.+)\/releases/.exec(url) ?? [];
      const releases = this.#repositories.get(path);
      res.writeHead(releases ? 200 : 404, { 'Content-Type': 'application/json' });
      res.end(JSON.stringify(releases ?? { message: 'not found' }));
    });
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  // publish adds a release to the repository at a path, and returns the repository's address.
  publish(path, { tag, ...release }) {
    const all = this.#repositories.get(path) ?? [];
    const html_url = `${this.url}/${path}/releases/tag/${encodeURIComponent(tag)}`;
    this.#repositories.set(path, [{ tag_name: tag, html_url, author: { login: 'ada' }, ...release }, ...all]);
    return `${this.url}/${path}`;
  }

  async stop() {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
