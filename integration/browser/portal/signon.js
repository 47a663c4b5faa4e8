// A portal in which people sign in with a provider of OpenID Connect, a real one that runs
// beside it: strangers read, and the tests write with a key.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { OwnPortal } from './own.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

// groups are the rules of the portal.
const groups = 'platform=admin;team-*=editor:*;staff=viewer';

export class SignOnPortal extends OwnPortal {
  key = '';
  provider = null;
  #keysFile = '';
  #secretFile = '';

  async prepare() {
    if (this.provider) return;
    await super.prepare();
    this.key = execFileSync(this.binary, ['keys', 'generate'], { encoding: 'utf8' }).trim();
    this.#keysFile = join(this.folder, 'keys.json');
    await writeFile(this.#keysFile, JSON.stringify({ keys: [{ name: 'tests', role: 'admin', key: this.key }] }));
    this.#secretFile = join(this.folder, 'secret');
    await writeFile(this.#secretFile, 'the secret of the client');
    this.url = `http://127.0.0.1:${await freePort()}`;
    this.provider = new Provider();
    await this.provider.start(join(this.folder, 'provider'), `${this.url}/api/signin/callback`);
  }

  // start resolves when the portal also knows the key of the file.
  async start() {
    await super.start();
    const headers = { Authorization: `Bearer ${this.key}` };
    for (const end = Date.now() + 10_000; !(await fetch(`${this.url}/api/me`, { headers })).ok; ) {
      if (Date.now() > end) throw new Error(`the portal does not know the key of its file.\n${this.log()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  flags() {
    return [
      ...['--anonymous', 'viewer', '--keys-file', this.#keysFile, '--public-url', this.url],
      ...['--oidc-issuer', this.provider.issuer, '--oidc-client', 'dev-portal', '--oidc-secret-file', this.#secretFile],
      ...['--oidc-name', 'Example', '--groups', groups, '--session-check', '1s', ...super.flags()],
    ];
  }

  async close() {
    try {
      await this.provider?.stop();
    } finally {
      await super.close();
    }
  }
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

// Provider is the program in pkg/devstack/provider.
class Provider {
  issuer = '';
  #child = null;
  #lines = null;

  async start(binary, redirect) {
    execFileSync('go', ['build', '-o', binary, './pkg/devstack/provider/cmd/provider'], { cwd: root });
    const args = ['--secret', 'the secret of the client', '--redirect', redirect];
    this.#child = spawn(binary, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.issuer = await this.#line();
  }

  // put adds a person, or changes one: { id, password, name, email, groups }.
  put(person) {
    return this.#order(`put ${JSON.stringify(person)}`);
  }

  remove(id) {
    return this.#order(`remove ${id}`);
  }

  async stop() {
    if (!this.#child) return;
    const closed = once(this.#child, 'close');
    this.#child.stdin.end();
    await closed;
  }

  async #order(line) {
    this.#child.stdin.write(`${line}\n`);
    const answer = await this.#line();
    if (answer !== 'ok') throw new Error(`the provider answered ${answer} to: ${line}`);
  }

  async #line() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the provider has ended');
    return value;
  }
}
