// The page of one service, at "/services/<id>", for links from elsewhere.
import { setText } from '../components/template.js';
import { everything, format } from '../lib/view.js';
import { Page } from './page.js';
import '../components/service-card.js';

export class ServicePage extends Page {
  root = document.querySelector('#servicePage');
  #id = '';
  #active = false;
  #card = document.createElement('service-card');
  #name = this.root.querySelector('#serviceName');
  #list = this.root.querySelector('.service-list');
  #missing = this.root.querySelector('.empty');

  constructor(session) {
    super(session);
    this.#list.addEventListener('tag', ({ detail }) => session.go(format({ ...everything, tag: detail })));
  }

  get title() {
    return this.#service?.name ?? 'Service';
  }

  enter({ params }) {
    this.#active = true;
    this.#id = params.id;
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
    if (!service) this.#card.remove();
    else if (!this.#card.isConnected) this.#list.append(this.#card);
    this.session.retitle();
  }

  tick(now) {
    if (this.#service) this.#card.tick(now);
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
}
