// The page of all teams, at "/teams": each with the state of its services.
import '../components/team-list.js';
import { setText, tell } from '../components/template.js';
import { account } from '../lib/account.js';
import { entries, nothing, tally } from '../lib/teams.js';
import { Page } from './page.js';

const frame = 16; // ms

export class TeamsPage extends Page {
  root = document.querySelector('#teamsPage');
  section = 'teams';
  #active = false;
  #scheduled = false;
  #list = this.root.querySelector('team-list');
  #count = this.root.querySelector('.teams-count');
  #add = this.root.querySelector('#addTeamBtn');
  #none = this.root.querySelector('#teamsNone');
  #failed = this.root.querySelector('#teamsFailed');

  constructor(session) {
    super(session);
    this.root.addEventListener('click', ({ target }) => {
      if (target.closest('[data-do="add-team"]')) tell(this.root, 'addteam');
      if (target.closest('[data-do="retry"]')) this.#retry();
    });
  }

  get title() {
    return 'Teams';
  }

  enter() {
    this.#active = true;
    this.session.teams.want();
    this.#draw();
  }

  leave() {
    this.#active = false;
  }

  // update schedules one render after the current frame, however much changed.
  update() {
    if (this.#scheduled || !this.#active) return;
    this.#scheduled = true;
    setTimeout(() => this.#draw(), frame);
  }

  tick() {
    if (!this.#active) return;
    this.session.teams.want();
    this.#list.tick(this.session.now());
  }

  focusFirst() {
    this.#list.focusFirst();
  }

  #retry() {
    void this.session.teams.refresh();
    this.session.refresh();
  }

  #draw() {
    this.#scheduled = false;
    if (!this.#active) return;
    const { store, teams, onCalls, connection } = this.session;
    const counts = tally(store.values());
    const all = entries(teams.values(), counts);
    const known = teams.known && connection.at !== null;
    const offline = connection.at === null && connection.mode === 'offline';
    const failed = offline ? connection.why || 'The portal does not answer.' : teams.why;
    this.root.ariaBusy = String(!known && !failed);
    this.#add.hidden = !account.mayWrite;
    this.#list.hidden = !known;
    this.#none.hidden = !known || all.length > 0;
    this.#none.querySelector('button').hidden = !account.mayWrite;
    this.#failed.hidden = known || !failed;
    setText(this.#failed.querySelector('p'), failed);
    setText(this.#count, known && all.length > 0 ? all.length.toLocaleString('en') : '');
    if (!known) return;
    const duties = all.map((entry) => ({ ...entry, onCall: entry.team && onCalls.of(entry.team.slug) }));
    this.#list.show(duties, counts.get('') ?? nothing());
    this.#list.tick(this.session.now());
  }
}
