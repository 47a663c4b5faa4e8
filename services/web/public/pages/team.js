// The page of one team, at "/teams/<slug>", or by its name: how to reach it, its services, and what befell
// them. A team that only services name so far is shown too, without contacts.
import '../components/service-grid.js';
import { items } from '../components/service-item.js';
import '../components/team-contacts.js';
import '../components/team-health.js';
import { setText, tell } from '../components/template.js';
import { account } from '../lib/account.js';
import { group, head, sort } from '../lib/filter.js';
import { count } from '../lib/format.js';
import { Polled } from '../lib/polled.js';
import { route, teamAddress } from '../lib/route.js';
import { Hold, steady } from '../lib/steady.js';
import { everything, format } from '../lib/view.js';
import { Page } from './page.js';
import { TeamOnCall } from './team-on-call.js';
import { TeamRecord } from './team-record.js';

const frame = 16; // ms
const most = 1000; // rows; the list shows more

export class TeamPage extends Page {
  root = document.querySelector('#teamPage');
  section = 'teams';
  mayBeBelow = true;
  #asked = {}; // what the address has: { team } or { name }
  #slug = ''; // of the team that was found; it stays when the name changes
  #name = ''; // by which services name it, "" while there is none
  #active = false;
  #scheduled = false;
  #folded = new Set(); // keys of the sections that a person folded
  #shown = []; // ids of the rows, in order
  #places = new Map(); // id → the section of its row
  #hold = new Hold();
  #grid = document.createElement('service-grid'); // in the page from the first visit on
  #record;
  #onCall;
  #scorecard = new Polled(
    (slug) => this.session.api.teamScorecard(slug),
    (card, failure) => failure || this.#showHealth(card), // what was known stays
  );

  constructor(session) {
    super(session);
    this.#record = new TeamRecord(this.root, session);
    this.#onCall = new TeamOnCall(this.root, session);
    this.#grid.addEventListener('fold', ({ detail }) => this.#fold(detail));
    this.#hold.watch(this.#grid);
    this.#hold.addEventListener('release', () => this.update());
    this.root.querySelector('.team-edit').addEventListener('click', () => tell(this.root, 'editteam', this.#slug));
    this.root.querySelector('#teamFailed button').addEventListener('click', () => this.#retry());
  }

  get title() {
    return this.#name || 'Team';
  }

  enter({ params }) {
    const other = params.team !== this.#asked.team || params.name !== this.#asked.name;
    if (other && (this.#slug === '' || params.team !== this.#slug)) this.#forget();
    this.#asked = params;
    this.#active = true;
    if (!this.#grid.isConnected) this.root.querySelector('.team-none').before(this.#grid);
    this.session.teams.want();
    this.#draw();
  }

  leave() {
    this.#active = false;
    this.#forget();
    this.#record.leave();
    this.#onCall.leave();
    this.#scorecard.of('');
  }

  // update schedules one render after the current frame, however much changed.
  update() {
    if (this.#scheduled || !this.#active) return;
    this.#scheduled = true;
    setTimeout(() => this.#draw(), frame);
  }

  changed() {
    this.#grid.forget((id) => this.session.store.get(id));
    this.update();
  }

  happened(id) {
    if (this.#shown.includes(id)) this.#record.again();
  }

  identified() {
    this.#grid.again();
    this.update();
  }

  tick(now) {
    this.session.teams.want();
    this.#grid.tick(now);
    this.#record.tick(now);
    this.#onCall.tick(now);
    if (!document.hidden) void this.#scorecard.tick();
  }

  inView() {
    return this.#grid.inView();
  }

  card(id) {
    return this.#grid.card(id);
  }

  current() {
    return document.activeElement.closest(items)?.key ?? '';
  }

  focusFirst() {
    this.#grid.focusFirst();
  }

  #forget() {
    this.#slug = '';
    this.#name = '';
    this.#asked = {};
    this.#folded.clear();
    this.#shown = [];
  }

  #draw() {
    this.#scheduled = false;
    if (!this.#active) return;
    const { store, teams, connection } = this.session;
    const team = this.#find();
    const name = team?.name ?? this.#asked.name ?? this.#asked.team;
    const services = store.values().filter((service) => service.team === name);
    const failed = this.#failure();
    const loading = !failed && (connection.at === null || !teams.known);
    const nothing = !team && services.length === 0;
    this.#name = loading || nothing ? '' : name;
    this.root.ariaBusy = String(loading);
    this.root.querySelector('.team').hidden = loading || nothing;
    this.root.querySelector('#teamMissing').hidden = loading || failed !== '' || !nothing;
    this.root.querySelector('#teamFailed').hidden = failed === '' || !nothing;
    setText(this.root.querySelector('#teamFailed p'), failed);
    setText(this.root.querySelector('#teamName'), this.title);
    this.session.retitle();
    if (this.#name === '') return;
    this.#showHead(team);
    this.#showServices(services);
    this.#onCall.show(team);
    this.#scorecard.of(
      team?.slug ?? '',
      `${team?.version} ${services.map(({ id, version }) => `${id} ${version}`).sort()}`,
    );
    void this.#scorecard.tick();
    this.#record.show({ slug: team?.slug ?? '', name, version: team?.version ?? 0, services });
  }

  // failure says why it is not known which teams there are, or "".
  #failure() {
    const { teams, connection } = this.session;
    if (connection.at === null && connection.mode === 'offline') return connection.why || 'The portal does not answer.';
    return teams.known ? '' : teams.why;
  }

  // find returns the team of the address, which from then on goes by its slug.
  #find() {
    const { teams } = this.session;
    const { team: given, name } = this.#asked;
    const named = () => (name === undefined ? (teams.get(given) ?? teams.named(given)) : teams.named(name));
    const team = this.#slug ? teams.get(this.#slug) : named();
    if (!team || this.#slug) return team;
    this.#slug = team.slug;
    const here = route(location.pathname, location.search).page === 'team'; // and no panel over it
    if (here) history.replaceState(history.state, '', teamAddress(team.slug));
    return team;
  }

  #showHead(team) {
    const about = this.root.querySelector('.team-about');
    setText(about, team?.description ?? '');
    about.hidden = !team?.description;
    this.root.querySelector('team-contacts').show(team);
    const unknown = this.root.querySelector('.team-unknown');
    unknown.hidden = Boolean(team);
    setText(unknown, this.#failure() || 'Nothing is known of this team but its name.');
    this.root.querySelector('.team-edit').hidden = !team || !account.mayChangeTeam(team);
  }

  // showServices keeps rows under a pointer in their places, as the list does.
  #showServices(services) {
    const { store } = this.session;
    const stay = this.#hold.held;
    const ordered = sort(services, 'status');
    const steadied = stay ? steady(this.#shown, ordered, (id) => store.get(id)) : ordered;
    const groups = group(steadied, 'status', ({ id }) => (stay ? this.#places.get(id) : undefined)).map((one) => {
      const folded = this.#folded.has(one.key);
      return { ...one, folded, note: folded ? count(one.total) : '' };
    });
    this.#shown = steadied.map(({ id }) => id);
    this.#places = new Map(groups.flatMap(({ value, services: all }) => all.map(({ id }) => [id, value])));
    setText(this.root.querySelector('.team-size'), count(services.length));
    this.root.querySelector('.team-none').hidden = services.length > 0;
    const all = this.root.querySelector('.team-all');
    all.hidden = services.length === 0;
    all.href = format({ ...everything, team: [this.#name] });
    void this.#grid.show(head(groups, most), 'rows').then(() => this.session.drawn());
  }

  #showHealth(card) {
    const section = this.root.querySelector('.team-health');
    section.hidden = !section.querySelector('team-health').show(card);
  }

  #retry() {
    void this.session.teams.refresh();
    this.session.refresh();
  }

  #fold({ key, folded }) {
    if (folded) this.#folded.add(key);
    else this.#folded.delete(key);
    this.update();
  }
}
