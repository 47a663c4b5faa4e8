// A portal of the tests' own: the one-process edition with a data folder that
// goes when it is closed.
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const patience = 60_000; // ms to start: the first one makes a database cluster
const kept = 64 * 1024; // characters of its log

export class OwnPortal {
  owned = true;
  url = '';
  #binary;
  #flags;
  #folder = '';
  #child = null;
  #ended = null;
  #log = '';

  constructor(binary, flags = []) {
    this.#binary = binary;
    this.#flags = flags;
  }

  // start resolves when everything answers. A second start takes the same ports
  // and the same data.
  async start() {
    if (!this.#folder) {
      this.#folder = await mkdtemp(join(tmpdir(), 'dev-portal-browser-'));
      await chmod(this.#folder, 0o755); // Postgres runs as another user than root
    }
    const http = this.url ? new URL(this.url).host : '127.0.0.1:0';
    const args = ['--http', http, '--nats', '127.0.0.1:0', '--data', join(this.#folder, 'data'), ...this.#flags];
    const child = spawn(this.#binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.on('error', (error) => resolve(error.message));
      child.on('close', (code, signal) => resolve(code ?? signal));
    });
    child.stderr.setEncoding('utf8').on('data', (text) => this.#keep(text));
    this.url = await this.#ready(child.stdout.setEncoding('utf8'));
  }

  // stop ends the process as a person does, and fails if it does not end well.
  async stop() {
    this.#child.kill('SIGTERM');
    const end = await this.#ended;
    this.#child = null;
    if (end !== 0) throw new Error(`the portal ended with ${end}:\n${this.log()}`);
  }

  async close() {
    try {
      if (this.#child) await this.stop();
    } finally {
      await rm(this.#folder, { recursive: true, force: true });
    }
  }

  // log is the end of what the portal wrote.
  log() {
    return this.#log;
  }

  // ready resolves with the page's address, which the portal prints when it is
  // ready.
  async #ready(stdout) {
    const printed = new Promise((resolve) => {
      let text = '';
      stdout.on('data', (more) => {
        text += more;
        const found = /^\s*page\s+(http\S+)$/m.exec(text);
        if (found) resolve(found[1]);
      });
    });
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, patience, `not ready after ${patience} ms`);
    });
    const failed = Promise.race([this.#ended, late]).then((why) => {
      this.#child.kill('SIGKILL');
      throw new Error(`the portal did not start (${why}):\n${this.log()}`);
    });
    try {
      return await Promise.race([printed, failed]);
    } finally {
      clearTimeout(timer);
      failed.catch(() => {}); // its end, later, is stop's to judge
    }
  }

  #keep(text) {
    this.#log = (this.#log + text).slice(-kept);
  }
}
