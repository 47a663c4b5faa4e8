// The page Access, at "/access": the API keys, for admins.
import '../components/key-dialog.js';
import '../components/key-table.js';
import { account, may, more } from '../lib/account.js';
import { Page } from './page.js';

export class AccessPage extends Page {
  root = document.querySelector('#accessPage');
  #active = false;
  #asked = false; // for the keys, since the page was entered
  #table = this.root.querySelector('key-table');
  #dialog = document.querySelector('key-dialog');
  #failure = this.root.querySelector('#keysFailure');

  constructor(session) {
    super(session);
    this.#dialog.api = session.api;
    this.#dialog.ask = session.ask;
    this.#dialog.addEventListener('made', () => this.#load());
    this.root.querySelector('#makeKeyBtn').addEventListener('click', () => this.#dialog.make());
    this.root.querySelector('#keysAgainBtn').addEventListener('click', () => this.#load());
    this.#table.addEventListener('revoke', ({ detail }) => this.#revoke(detail));
  }

  get title() {
    return 'Access';
  }

  enter() {
    this.#active = true;
    this.#asked = false;
    this.update();
  }

  leave() {
    this.#active = false;
  }

  update() {
    if (!this.#active) return;
    const { me } = account;
    const { role } = me;
    this.root.querySelector('#keys').hidden = role !== 'admin';
    this.root.querySelector('.empty').hidden = role === 'admin' || role === '';
    this.root.querySelector('#accessWhy').textContent = `${may(me)} ${more(me)}`;
    if (role === 'admin' && !this.#asked) void this.#load();
  }

  tick(now) {
    this.#table.tick(now);
  }

  async #load() {
    this.#asked = true;
    this.root.ariaBusy = 'true';
    try {
      this.#table.keys = await this.session.api.keys();
      this.tick(this.session.now());
      this.#failure.hidden = true;
    } catch (problem) {
      this.#failure.querySelector('span').textContent = `The keys were not loaded: ${problem.message}`;
      this.#failure.hidden = false;
    } finally {
      this.root.ariaBusy = 'false';
    }
  }

  async #revoke(key) {
    const { api, ask, toasts } = this.session;
    const question = {
      title: ['Revoke ', key, '?'],
      text: 'Programs that use this key are locked out at once. This cannot be undone.',
      yes: 'Revoke',
    };
    if (!(await ask(question))) return;
    try {
      await api.revokeKey(key.id);
      toasts.say([key, ' was revoked.']);
    } catch (problem) {
      toasts.warn([key, ` was not revoked: ${problem.message}`]);
    }
    await this.#load();
    this.main.focus({ preventScroll: true });
  }
}
