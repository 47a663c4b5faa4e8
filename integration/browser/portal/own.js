// A portal started by the tests: the one-process edition, whose data folder is removed when
// it is closed.
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const startTimeout = 60_000; // ms: the first start creates a database cluster
const maxLog = 64 * 1024; // characters

export class OwnPortal {
  owned = true;
  url = '';
  folder = ''; // of its data
  binary;
  #flags;
  #child = null;
  #ended = null; // resolves with how the process ended
  #log = '';

  constructor(binary, flags = []) {
    this.binary = binary;
    this.#flags = flags;
  }

  // start resolves when everything answers. A second start uses the same address and the
  // same data.
  async start() {
    await this.prepare();
    this.#spawn();
    const outcome = await Promise.race([this.#printed(), this.#ended, timeout(startTimeout)]);
    if (outcome.url) {
      this.url = outcome.url;
      return;
    }
    this.#child.kill('SIGKILL');
    await this.#ended;
    this.#child = null;
    throw new Error(`the portal did not start: it ${outcome.end}.\n${this.log()}`);
  }

  async prepare() {
    if (this.folder) return;
    this.folder = await mkdtemp(join(tmpdir(), 'dev-portal-browser-'));
    await chmod(this.folder, 0o755); // Postgres runs as another user than root
  }

  // stop ends the process by SIGTERM, and fails if it does not end cleanly.
  async stop() {
    this.#child.kill('SIGTERM');
    const { end, code } = await this.#ended;
    this.#child = null;
    if (code !== 0) throw new Error(`the portal was asked to stop, and ${end}.\n${this.log()}`);
  }

  // freeze suspends all processes of its Postgres until thaw: they neither end nor answer.
  async freeze() {
    await this.#signalPostgres('SIGSTOP');
  }

  async thaw() {
    await this.#signalPostgres('SIGCONT');
  }

  async #signalPostgres(signal) {
    const [first] = (await readFile(join(this.folder, 'data/postgres/cluster/postmaster.pid'), 'utf8')).split('\n');
    const children = await readFile(`/proc/${first}/task/${first}/children`, 'utf8');
    for (const pid of [first, ...children.trim().split(' ')]) process.kill(Number(pid), signal);
  }

  async close() {
    try {
      if (this.#child) await this.stop();
    } finally {
      if (this.folder) await rm(this.folder, { recursive: true, force: true });
    }
  }

  flags() {
    return this.#flags;
  }

  // log returns the end of the portal's log.
  log() {
    return this.#log;
  }

  #spawn() {
    const http = this.url ? new URL(this.url).host : '127.0.0.1:0';
    // Links of the tests lead to forges on the internet, which are none of their business.
    const args = [
      '--http',
      http,
      '--nats',
      '127.0.0.1:0',
      '--data',
      join(this.folder, 'data'),
      '--releases-every',
      '0',
      '--links-every',
      '0',
      ...this.flags(),
    ];
    const child = spawn(this.binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#ended = new Promise((resolve) => {
      child.on('error', ({ message }) => resolve({ end: `could not run: ${message}` }));
      child.on('close', (code, signal) => resolve({ end: `ended with ${code ?? signal}`, code }));
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#log = (this.#log + text).slice(-maxLog);
    });
    this.#child = child;
  }

  // printed resolves with the page's address, which the portal prints as soon as
  // it is ready.
  #printed() {
    return new Promise((resolve) => {
      let text = '';
      this.#child.stdout.setEncoding('utf8').on('data', (more) => {
        text += more;
        const url = /^\s*page\s+(http\S+)$/m.exec(text)?.[1];
        if (url) resolve({ url });
      });
    });
  }
}

function timeout(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms, { end: `was not ready after ${ms} ms` }).unref();
  });
}
