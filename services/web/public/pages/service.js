// The page of one service, at "/services/<id>", for links from elsewhere. It has the
// service's changes too, also after it was deleted.
import { setText } from '../components/template.js';
import { account } from '../lib/account.js';
import { everything, format } from '../lib/view.js';
import { Page } from './page.js';
import '../components/change-list.js';
import '../components/service-card.js';

const isID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i; // others have no changes

export class ServicePage extends Page {
  root = document.querySelector('#servicePage');
  #id = '';
  #active = false;
  #version = null; // of the service whose changes are shown; 0: it is not there
  #card = document.createElement('service-card');
  #name = this.root.querySelector('#serviceName');
  #list = this.root.querySelector('.service-list');
  #missing = this.root.querySelector('.empty');
  #changes = this.root.querySelector('change-list');

  constructor(session) {
    super(session);
    this.#list.addEventListener('tag', ({ detail }) => session.go(format({ ...everything, tag: detail })));
    this.#changes.addEventListener('undo', ({ detail }) => this.#undo(detail));
  }

  get title() {
    return this.#service?.name ?? 'Service';
  }

  enter({ params }) {
    this.#active = true;
    if (params.id !== this.#id) this.#changes.changes = [];
    this.#id = params.id;
    this.#version = null;
    this.update();
  }

  leave() {
    this.#active = false;
  }

  update() {
    if (!this.#active) return;
    const service = this.#service;
    const loading = !service && this.session.connection.at === null;
    this.root.ariaBusy = String(loading);
    this.#missing.hidden = Boolean(service) || loading;
    setText(this.#name, this.title);
    if (service) this.#card.service = service;
    this.root.classList.toggle('locked', Boolean(service) && !account.mayChange(service));
    if (!service) this.#card.remove();
    else if (!this.#card.isConnected) this.#list.append(this.#card);
    this.session.retitle();
    if (!loading && isID.test(this.#id) && this.#version !== (service?.version ?? 0)) void this.#readChanges();
  }

  identified() {
    this.#card.again();
    this.update();
  }

  tick(now) {
    if (this.#service) this.#card.tick(now);
    this.#changes.tick(now);
  }

  inView() {
    return this.#service ? [this.#id] : [];
  }

  card(id) {
    return id === this.#id ? this.#card : null;
  }

  get #service() {
    return this.session.store.get(this.#id);
  }

  // readChanges reads the changes after each change of the service. Without them the page
  // is whole, so a failure is not said: the next change tries again.
  async #readChanges() {
    const id = this.#id;
    this.#version = this.#service?.version ?? 0;
    try {
      const changes = await this.session.api.changes(id);
      if (id !== this.#id) return;
      this.#changes.changes = changes;
      this.#changes.tick(this.session.now());
    } catch {
      if (id === this.#id) this.#changes.changes = [];
    }
  }

  async #undo(change) {
    const { api, store, toasts } = this.session;
    const thing = { name: change.name };
    try {
      store.restore(await api.undo(this.#id, change.id));
      toasts.say([thing, change.deed === 'deleted' ? ' was restored.' : ' was changed back.']);
    } catch (problem) {
      toasts.warn([thing, ` was not changed back: ${problem.message}`]);
    }
    this.root.querySelector('main').focus({ preventScroll: true });
  }
}
