// The page of one service, at "/services/<name>", or its id: what it is, and what was. The
// latter is there also after it was deleted, by its id.
import { setText } from '../components/template.js';
import { account } from '../lib/account.js';
import { around } from '../lib/graph-view.js';
import { Polled } from '../lib/polled.js';
import { address } from '../lib/route.js';
import { everything, format } from '../lib/view.js';
import { Page } from './page.js';
import '../components/health-card.js';
import '../components/service-item.js';
import '../components/service-calls.js';
import '../components/service-graph.js';
import '../components/service-needs.js';
import '../components/service-history.js';

const missing = {
  present: 'It may have been deleted, or the address has a typo.',
  past: 'There was none of that name at this moment.',
};

const isID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

export class ServicePage extends Page {
  root = document.querySelector('#servicePage');
  section = 'services';
  mayBeBeside = true;
  #id = ''; // of the service, or what the address has in its place
  #active = false;
  #followed = ''; // the name that was looked for among former ones
  #following = false;
  #card = document.createElement('service-head');
  #name = this.root.querySelector('#serviceName');
  #list = this.root.querySelector('.service-list');
  #missing = this.root.querySelector('.empty');
  #needs = this.root.querySelector('service-needs');
  #calls = this.root.querySelector('service-calls');
  #around = this.root.querySelector('service-graph');
  #history = this.root.querySelector('service-history');
  #health = this.root.querySelector('health-card');
  #scored = null; // its scorecard
  #scorecard = new Polled(
    (id) => this.session.api.scorecard(id),
    (card, failure) => failure || this.#showHealth(card), // what was known stays
  );

  constructor(session) {
    super(session);
    this.#list.addEventListener('tag', ({ detail }) => session.go(format({ ...everything, tag: [detail] })));
    this.#history.addEventListener('undo', ({ detail }) => this.#undo(detail));
    this.#history.addEventListener('known', ({ detail }) => this.#card.know(detail));
    this.#calls.addEventListener('seen', () => this.update());
    this.#around.addEventListener('centre', ({ detail }) => session.go(session.keep(around(detail))));
    this.#around.addEventListener('unsaved', ({ detail }) =>
      session.toasts.warn([`The drawing was not saved: ${detail}`]),
    );
    this.#calls.api = session.api;
    this.#history.api = session.api;
    this.#history.moment = () => session.past;
    this.root.querySelector('.panel-close').addEventListener('click', () => this.close());
  }

  get title() {
    return this.#service?.name ?? 'Service';
  }

  enter({ params }) {
    this.#active = true;
    this.#id = params.id;
    this.#followed = '';
    this.#following = false;
    this.update();
  }

  leave() {
    this.#active = false;
    this.#calls.show();
    this.#around.show();
    this.#history.leave();
    this.#scorecard.of('');
  }

  update() {
    if (!this.#active) return;
    const service = this.#find();
    const known = this.session.connection.at !== null;
    if (!service && known) void this.#follow();
    const failed = this.session.past !== '' && this.session.connection.mode === 'offline'; // the bar says why
    const loading = !service && !failed && (!known || this.#following);
    this.root.ariaBusy = String(loading);
    this.#missing.hidden = Boolean(service) || loading || failed;
    setText(this.#name, this.title);
    if (service) this.#show(service);
    this.root.classList.toggle('locked', Boolean(service) && !account.mayChange(service));
    if (!service) this.#card.remove();
    else if (!this.#card.isConnected) this.#list.append(this.#card);
    this.#needs.show(known ? service : undefined, this.session.store);
    this.#calls.show(known && !this.session.past ? service : undefined, this.session.store); // of the past none are known
    this.#around.show(known ? service : undefined, this.#beside);
    this.#score(service);
    this.session.retitle();
    setText(this.#missing.querySelector('p'), missing[this.session.past ? 'past' : 'present']);
    if (!loading && !failed && isID.test(this.#id)) this.#history.show(this.#id, service, this.session.now());
  }

  #show(service) {
    const { teams } = this.session;
    teams.want();
    this.#card.service = service;
    this.#card.owner = teams.named(service.team);
  }

  get #beside() {
    const { store, impacts, keep, now } = this.session;
    return { store, impacts, calls: this.#calls.calls, now, keep };
  }

  causes() {
    if (this.#active) this.#around.paint();
  }

  // score reads the scorecard again when the service or its team has changed. The past has none.
  #score(service) {
    const { past, teams, store } = this.session;
    const id = past ? '' : (service?.id ?? '');
    const needs = service?.depends_on?.map(({ id: needed }) => Boolean(store.get(needed))) ?? [];
    this.#scorecard.of(id, `${service?.version} ${teams.named(service?.team)?.version} ${needs}`);
    this.#showHealth(this.#scored);
    void this.#scorecard.tick();
  }

  #showHealth(card) {
    this.#scored = card;
    const service = card && this.session.store.get(card.service.id);
    this.#health.show(service && card, Boolean(service) && account.mayChange(service));
  }

  happened(id) {
    if (this.#active && id === this.#id) this.#history.again();
  }

  identified() {
    this.#card.again();
    this.update();
  }

  tick(now) {
    if (this.#service) this.#card.tick(now);
    this.#needs.tick(now);
    this.#calls.tick(now);
    if (this.#active && !document.hidden) void this.#scorecard.tick();
    this.#history.tick(now);
  }

  inView() {
    return this.#service ? [this.#id] : [];
  }

  current() {
    return this.#service?.id ?? '';
  }

  close() {
    this.session.close('/');
  }

  card(id) {
    return id === this.#id ? this.#card : null;
  }

  get #service() {
    return this.session.store.get(this.#id);
  }

  // find returns the service of the address, which from then on goes by its id: the name may
  // change while somebody looks.
  #find() {
    const { store } = this.session;
    const service = store.get(this.#id) ?? store.named(this.#id);
    if (service) this.#id = service.id;
    return service;
  }

  // follow looks for a service that had the name in the address, and leads to it.
  async #follow() {
    const name = this.#id;
    if (this.#followed === name || isID.test(name)) return;
    this.#followed = name;
    this.#following = true;
    const { api, store } = this.session;
    // Without an answer the service is not found: the connection's state says why.
    const service = await api.named(name, this.session.past).catch(() => null);
    if (name !== this.#id || !this.#active) return;
    this.#following = false;
    if (service) {
      store.put(service);
      this.#id = service.id;
      history.replaceState(history.state, '', this.session.keep(address(service.name)));
    }
    this.update();
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
    this.main.focus({ preventScroll: true });
  }
}
