// The catalogue, at "/": all services, searched, filtered and ordered by the view in the
// address. A person's actions are those of lib/catalogue.js.
import '../components/cause-notice.js';
import '../components/empty-state.js';
import '../components/filter-sidebar.js';
import '../components/service-grid.js';
import { items } from '../components/service-item.js';
import '../components/view-bar.js';
import { account } from '../lib/account.js';
import { actions, begin } from '../lib/catalogue.js';
import { group, groupKey, head, sort, survey } from '../lib/filter.js';
import { count } from '../lib/format.js';
import { remember, remembered } from '../lib/remember.js';
import { Hold, steady } from '../lib/steady.js';
import { everything, format, narrowed, parse } from '../lib/view.js';
import { Page } from './page.js';

const debounce = 150; // ms after the last keystroke
const frame = 16; // ms

export class Catalogue extends Page {
  root = document.querySelector('#catalogue');
  section = 'services';
  mayBeBelow = true;
  #state = begin();
  #active = false; // whether this page is shown
  #ordered = { by: '', services: [] }; // all services in an order, cached because it seldom changes
  #shownIDs = []; // ids of the cards, in the order of the page
  #places = new Map(); // id → the group that its card is in
  #folds = new Map(); // key of a group → whether the person folded it
  #folded = new Set(); // keys of the groups that are folded
  #searchTimer = 0;
  #layout = Promise.resolve(); // settles when the grid has finished its layout
  #scheduled = false;
  #hold = new Hold();
  #search = document.querySelector('#searchInput');
  #grid = this.root.querySelector('service-grid');
  #sidebar = this.root.querySelector('filter-sidebar');
  #bar = this.root.querySelector('view-bar');
  #causes = this.root.querySelector('cause-notice');
  #empty = this.root.querySelector('empty-state');
  #more = this.root.querySelector('#moreBtn');

  constructor(session) {
    super(session);
    this.#listen();
  }

  enter({ search }) {
    this.#active = true;
    const view = parse(search, remembered('layout'));
    if (format(view) === format(this.#state.view)) this.update();
    else this.#do('look', view);
    this.#showSearch();
  }

  leave() {
    clearTimeout(this.#searchTimer);
    this.#active = false;
  }

  changed() {
    this.#ordered.by = '';
    this.#grid.forget((id) => this.session.store.get(id));
    // Wait for the grid: frequent changes would restart its layout again and again, so that
    // it never finishes. A person's actions don't wait.
    this.#layout.then(() => this.update());
  }

  // update schedules one render after the current frame, so that the layout of the
  // previous render isn't delayed.
  update() {
    if (this.#scheduled || !this.#active) return;
    this.#scheduled = true;
    setTimeout(() => this.#draw(), frame);
  }

  identified() {
    this.#grid.again();
    this.update();
  }

  tick(now) {
    this.#grid.tick(now);
  }

  inView() {
    return this.#grid.inView();
  }

  card(id) {
    return this.#grid.card(id);
  }

  causes(causes, now) {
    this.#causes.show(causes, now, this.#hold.held);
  }

  current() {
    return document.activeElement.closest(items)?.key ?? '';
  }

  hidden(service) {
    if (this.#hides(service)) return ' The search or a filter hides it.';
    return this.#fold(service) ? ' It is in a part of the list that is folded.' : '';
  }

  moved() {
    this.#do('refresh');
  }

  teams() {
    return [...survey(this.#services(), everything).counts.team];
  }

  focusFirst() {
    this.#grid.focusFirst();
  }

  // reveal moves the focus to a service's card, and clears the filters if they hide it.
  async reveal(service) {
    if (this.#hides(service)) this.#step('clear');
    const fold = this.#fold(service);
    if (fold) this.#folds.set(fold, false);
    this.#do('refresh');
    await this.#draw();
    if (!this.#grid.card(service.id)?.isConnected) {
      this.#do('all'); // the card is beyond the maximum number
      await this.#draw();
    }
    this.#grid.card(service.id)?.focus();
  }

  #hides(service) {
    return survey([service], this.#state.view).shown.length === 0;
  }

  #services() {
    const { sort: by } = this.#state.view;
    if (this.#ordered.by !== by) this.#ordered = { by, services: sort(this.session.store.values(), by) };
    return this.#ordered.services;
  }

  #do(action, detail) {
    this.#state = actions[action](this.#state, detail);
    this.update();
  }

  // step does an action that changes the address, and adds a history entry for Back.
  #step(action, detail) {
    this.#takeSearch();
    this.#do(action, detail);
    const address = this.session.keep(format(this.#state.view));
    if (address !== location.pathname + location.search) history.pushState(null, '', address);
    this.#showSearch();
  }

  // takeSearch applies the typed search without waiting for the debounce. On another page
  // it opens the catalogue.
  #takeSearch() {
    clearTimeout(this.#searchTimer);
    if (this.#search.value === this.#state.view.q) return;
    this.#do('search', this.#search.value);
    if (!this.#active) this.session.go(format(this.#state.view));
    else history.replaceState(null, '', this.session.keep(format(this.#state.view)));
  }

  #showSearch() {
    if (this.#search.value !== this.#state.view.q) this.#search.value = this.#state.view.q;
  }

  // draw renders the whole page, and resolves when the grid is laid out.
  #draw() {
    this.#scheduled = false;
    const { view, most, fresh } = this.#state;
    const { store, connection } = this.session;
    const ordered = this.#services();
    const { shown: found, counts, stats, worst } = survey(ordered, view);
    const stay = this.#hold.held && !fresh;
    const services = stay ? steady(this.#shownIDs, found, (id) => store.get(id)) : found;
    const totals = narrowed(view) ? survey(ordered, everything).counts : counts;
    const known = connection.at !== null;
    this.#bar.show({ found: known ? found.length : null, total: known ? stats.total : null, view });
    document.documentElement.dataset.layout = view.layout;
    this.#bar.hidden = known && stats.total === 0;
    if (known) {
      this.#shownIDs = services.map(({ id }) => id);
      this.#sidebar.show({ counts, totals, worst, view, found: found.length });
      const groups = this.#grouped(services, stay);
      this.#folded = new Set(groups.filter(({ folded }) => folded).map(({ key }) => key));
      this.#state = actions.drawn(this.#state);
      this.#places = new Map(groups.flatMap(({ value, services: all }) => all.map(({ id }) => [id, value])));
      const drawn = head(groups, most);
      this.#layout = this.#grid.show(drawn, view.layout);
      this.#layout.then((whole) => {
        if (whole) this.#showRest(unfolded(groups) - unfolded(drawn));
        this.session.drawn();
      });
    }
    if (!known && this.session.past) this.#grid.wait();
    this.#empty.why = connection.why;
    this.#empty.when = emptiness(this.session, services.length, stats.total);
    return this.#layout;
  }

  // grouped splits services into the groups that the view shows: by team, by status where the
  // worst comes first in rows, or all in one. stay keeps services in the groups in which they were.
  #grouped(services, stay) {
    const { view } = this.#state;
    const by = grouping(view);
    if (!by) return [{ key: 'all', title: '', note: '', services }];
    const groups = group(services, by, ({ id }) => (stay ? this.#places.get(id) : undefined));
    return groups.map((one) => {
      const folded = this.#folds.get(one.key) ?? (groups.length > 1 && this.#foldsItself(one));
      return { ...one, folded, note: folded || by === 'team' ? count(one.total) : '' };
    });
  }

  // foldsItself says whether a group is folded although nobody said so: what is healthy, unless
  // a person looks for something. Afterwards it stays as it is: what somebody reads does not
  // vanish because something falls.
  #foldsItself({ key }) {
    const { view, fresh } = this.#state;
    return fresh ? key === 'status:healthy' && !narrowed(view) : this.#folded.has(key);
  }

  // fold returns the key of the folded group that a service belongs into, or "".
  #fold(service) {
    const by = grouping(this.#state.view);
    const key = by ? groupKey(service, by) : '';
    return this.#folded.has(key) ? key : '';
  }

  // showRest offers the services that have no card yet. It is called after the layout:
  // until then the end of the page is in view, which would load more cards.
  #showRest(rest) {
    this.#more.hidden = rest === 0;
    this.#more.textContent = `Show more of the other ${count(rest)}`;
  }

  #arrange(change) {
    if (change.layout) remember('layout', change.layout);
    this.#step('change', change);
  }

  #clear() {
    this.#step('clear');
    this.#search.focus();
  }

  #searchKey(event) {
    if (event.key === 'ArrowDown' && this.#active) {
      event.preventDefault();
      this.#grid.focusFirst();
    }
    if (event.key === 'Escape' && !event.isComposing) {
      event.preventDefault();
      if (this.#search.value === '') this.#search.blur();
      this.#search.value = '';
      if (this.#active) this.#takeSearch();
    }
  }

  #listen() {
    const { add, refresh, signIn } = this.session;
    this.#search.addEventListener('input', () => {
      clearTimeout(this.#searchTimer);
      this.#searchTimer = setTimeout(() => this.#takeSearch(), debounce);
    });
    this.#search.addEventListener('keydown', (event) => this.#searchKey(event));
    this.#more.addEventListener('click', () => this.#do('more'));
    const near = { rootMargin: '1500px' };
    new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && this.#do('more'), near).observe(this.#more);
    this.#sidebar.addEventListener('filter', ({ detail }) => this.#step('filter', detail));
    this.#sidebar.addEventListener('results', () => this.main.focus());
    this.#bar.addEventListener('arrange', ({ detail }) => this.#arrange(detail));
    this.#bar.addEventListener('filter', ({ detail }) => this.#step('filter', detail));
    this.#bar.addEventListener('clear', () => this.#clear());
    this.#empty.addEventListener('clear', () => this.#clear());
    this.#empty.addEventListener('add', () => add());
    this.#empty.addEventListener('retry', () => refresh());
    this.#empty.addEventListener('signin', () => signIn());
    this.#grid.addEventListener('fold', ({ detail: { key, folded } }) => {
      this.#folds.set(key, folded);
      this.#do('refresh');
    });
    addEventListener('beforeprint', () => {
      if (!this.#active) return;
      this.#state = actions.print(this.#state);
      void this.#draw();
      this.#grid.finish();
    });
    this.#hold.watch(this.#grid);
    this.#hold.addEventListener('release', () => this.update());
    this.#grid.addEventListener('tag', ({ detail }) => this.#step('filter', { kind: 'tag', value: detail }));
  }
}

// grouping returns what a view groups by, or "". Cards are in the order of their status, which
// they show large.
function grouping({ group: by, layout, sort: order }) {
  if (by) return by;
  return layout === 'rows' && order === 'status' ? 'status' : '';
}

function unfolded(groups) {
  return groups.reduce((sum, { folded, services }) => sum + (folded ? 0 : services.length), 0);
}

function emptiness({ connection: { at, mode }, past }, visible, total) {
  if (account.me.role === 'none') return 'no access';
  if (!at && mode === 'offline') return past ? 'unknown past' : 'unreachable';
  if (!at || visible > 0) return '';
  if (total > 0) return 'nothing matches';
  return past ? 'empty past' : 'first run';
}
