// The page of all scorecards, at "/scorecards": which services are kept badly, the worst first. Its filters are in the
// address; each count is what its filter would leave.
import { showLevel, showService } from '../components/health-card.js';
import { fillList } from '../components/list.js';
import { setText } from '../components/template.js';
import { count } from '../lib/format.js';
import { Polled } from '../lib/polled.js';
import { teamNamed } from '../lib/route.js';
import { filterOf, format, isEmpty, levelNames, levels, titled, toggled } from '../lib/scorecard.js';
import { Page } from './page.js';

const page = 200; // services that are read at once

export class ScorecardsPage extends Page {
  root = document.querySelector('#scorecardsPage');
  section = 'services';
  #filter = filterOf('');
  #active = false;
  #size = page;
  #answer = null;
  #versions = ''; // of the services, when they changed last
  #polled = new Polled(
    () => this.session.api.scorecards(this.#filter, this.#size),
    (answer, failure) => this.#take(answer, failure),
  );
  #find = (selector) => this.root.querySelector(selector);

  constructor(session) {
    super(session);
    this.root.addEventListener('click', ({ target }) => {
      const { kind, value } = target.closest('.filter-chip')?.dataset ?? {};
      if (kind) session.go(format(toggled(this.#filter, kind, value)));
      const deed = target.closest('[data-do]')?.dataset.do;
      if (deed === 'retry') this.#retry();
      if (deed === 'clear') session.go(format({}));
      if (deed === 'more') this.#more();
    });
    this.#find('#scorecardsTeam').addEventListener('change', ({ target }) => {
      session.go(format({ ...this.#filter, team: target.value ? [target.value] : [] }));
    });
  }

  get title() {
    return 'Catalogue health';
  }

  enter({ search }) {
    const filter = filterOf(search);
    if (!this.#active || format(filter) !== format(this.#filter)) this.#size = page;
    this.#filter = filter;
    this.#active = true;
    this.#versions = versionsOf(this.session.store.values());
    this.session.teams.want();
    this.#ask();
    this.#draw('');
  }

  leave() {
    this.#active = false;
    this.#answer = null;
    this.#polled.of('');
  }

  // changed is called for every status too, on which no score depends.
  changed() {
    if (!this.#active) return;
    const versions = versionsOf(this.session.store.values());
    if (versions !== this.#versions) this.#polled.again();
    this.#versions = versions;
  }

  update() {
    if (this.#active) this.#showTeams();
  }

  tick() {
    if (!this.#active || document.hidden) return;
    this.session.teams.want();
    void this.#polled.tick();
  }

  focusFirst() {
    this.#find('.score-rows a')?.focus();
  }

  #ask() {
    this.#polled.of(`${format(this.#filter)} ${this.#size}`);
    void this.#polled.tick();
  }

  #retry() {
    this.#polled.of('');
    this.#ask();
  }

  #more() {
    this.#size += page;
    this.#ask();
  }

  // take takes an answer. What was known before stays until the next is there.
  #take(answer, failure) {
    if (!this.#active) return;
    if (answer) this.#answer = answer;
    this.#draw(failure);
  }

  #draw(failure) {
    const answer = this.#answer;
    this.root.ariaBusy = String(!answer && !failure);
    this.#find('#scorecardsFailed').hidden = Boolean(answer) || !failure;
    setText(this.#find('#scorecardsFailed p'), failure);
    this.#find('.scores').hidden = !answer;
    setText(this.#find('.scores-count'), answer ? count(answer.total) : '');
    if (!answer) return;
    this.#showFilters(answer);
    this.#showTeams();
    const titles = titled(answer.rules);
    fillList(
      this.#find('.score-rows'),
      'score-row',
      answer.items.map((one) => ({ key: one.id, ...one, rules: one.failing.map((id) => titles.get(id) ?? id) })),
      showRow,
    );
    this.#find('.score-rows').hidden = answer.items.length === 0;
    this.#find('#scorecardsNone').hidden = answer.items.length > 0;
    this.#find('.scores-clear').hidden = isEmpty(this.#filter);
    this.#find('.scores-more').hidden = answer.items.length >= answer.total;
  }

  #showFilters({ levels: counts, rules }) {
    const chip = (kind, value, name, n) => ({
      key: value,
      kind,
      value,
      name,
      n,
      active: this.#filter[kind].includes(value),
    });
    const ofLevel = levels.map((level) => chip('level', level, levelNames[level], counts[level]));
    const shown = rules.filter(({ id, failing }) => failing > 0 || this.#filter.rule.includes(id)); // none fails the others
    const ofRule = shown.map(({ id, title, failing }) => chip('rule', id, title, failing));
    fillList(this.#find('#scorecardsLevels'), 'filter-chip', ofLevel, showChip);
    fillList(this.#find('#scorecardsRules'), 'filter-chip', ofRule, showChip);
    const off = rules.filter((rule) => rule.off).map(({ title }) => title);
    this.#find('.scores-off').hidden = off.length === 0;
    setText(this.#find('.scores-off'), `Switched off in the portal's settings: ${off.join('; ')}.`);
  }

  #showTeams() {
    const select = this.#find('#scorecardsTeam');
    const [chosen = ''] = this.#filter.team;
    const names = new Set([...this.session.teams.values().map(({ name }) => name), ...this.#filter.team]);
    const options = ['', ...[...names].sort((a, b) => a.localeCompare(b))];
    const shown = [...select.options].map(({ value }) => value);
    if (options.join('\n') !== shown.join('\n')) {
      select.replaceChildren(...options.map((name) => new Option(name || 'All teams', name)));
    }
    select.value = chosen;
  }
}

function showChip(element, { kind, value, name, n, active }) {
  Object.assign(element.dataset, { kind, value });
  element.ariaPressed = String(active);
  element.classList.toggle('active', active);
  element.classList.toggle('some', n > 0);
  setText(element.querySelector('.filter-name'), name);
  setText(element.querySelector('.filter-count'), n.toLocaleString('en'));
}

function showRow(element, { name, team, level, rules }) {
  const find = (selector) => element.querySelector(selector);
  showService(find('.score-name'), { name });
  showLevel(find('.level'), level);
  const owner = find('.score-team');
  owner.hidden = !team;
  if (team) owner.href = teamNamed(team);
  setText(owner.querySelector('bdi'), team ?? '');
  const fails = find('.score-fails');
  fails.hidden = rules.length === 0;
  fillList(
    fails.querySelector('ul'),
    'score-fail',
    rules.map((title) => ({ key: title, title })),
    (item, { title }) => setText(item, title),
  );
}

// versionsOf returns a text that is another one when somebody changed, added or deleted a service.
function versionsOf(services) {
  return `${services.length} ${services.reduce((sum, { version }) => sum + version, 0)}`;
}
