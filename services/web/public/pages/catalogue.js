// The catalogue, at "/": all services, searched, filtered and ordered by the view in the
// address. A person's actions are those of lib/catalogue.js.
import '../components/empty-state.js';
import '../components/filter-sidebar.js';
import '../components/service-grid.js';
import '../components/view-bar.js';
import { account } from '../lib/account.js';
import { actions, begin } from '../lib/catalogue.js';
import { group, head, sort, survey } from '../lib/filter.js';
import { count, shown } from '../lib/format.js';
import { Hold, steady } from '../lib/steady.js';
import { everything, format, narrowed, parse } from '../lib/view.js';
import { Page } from './page.js';

const debounce = 150; // ms after the last keystroke
const frame = 16; // ms

export class Catalogue extends Page {
  root = document.querySelector('#catalogue');
  #state = begin();
  #active = false; // whether this page is shown
  #ordered = { by: '', services: [] }; // all services in an order, cached because it seldom changes
  #shownIDs = []; // ids of the cards, in the order of the page
  #searchTimer = 0;
  #layout = Promise.resolve(); // settles when the grid has finished its layout
  #scheduled = false;
  #hold = new Hold();
  #search = document.querySelector('#searchInput');
  #grid = this.root.querySelector('service-grid');
  #sidebar = this.root.querySelector('filter-sidebar');
  #bar = this.root.querySelector('view-bar');
  #empty = this.root.querySelector('empty-state');
  #more = this.root.querySelector('#moreBtn');

  constructor(session) {
    super(session);
    this.#listen();
  }

  enter({ search }) {
    this.#active = true;
    const view = parse(search);
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

  current() {
    return document.activeElement.closest('service-card')?.key ?? '';
  }

  hidden(service) {
    return this.#hides(service) ? ' The search or a filter hides it.' : '';
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
    const address = format(this.#state.view);
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
    else history.replaceState(null, '', format(this.#state.view));
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
    const { shown: found, counts, stats } = survey(ordered, view);
    const services = this.#hold.held && !fresh ? steady(this.#shownIDs, found, (id) => store.get(id)) : found;
    const totals = narrowed(view) ? survey(ordered, everything).counts : counts;
    const known = connection.at !== null;
    this.#bar.show({ shown: known ? shown(found.length, stats.total) : '', view });
    this.#bar.hidden = known && stats.total === 0;
    if (known) {
      this.#state = actions.drawn(this.#state);
      this.#shownIDs = services.map(({ id }) => id);
      this.#sidebar.show({ stats, counts, totals, view, found: found.length });
      const groups = view.group ? group(services) : [{ key: 'all', title: '', total: services.length, services }];
      this.#layout = this.#grid.show(head(groups, most));
      this.#layout.then((whole) => whole && this.#showRest(services.length - most));
    }
    this.#empty.why = connection.why;
    this.#empty.when = emptiness(this.session, services.length, stats.total);
    return this.#layout;
  }

  // showRest offers the services that have no card yet. It is called after the layout:
  // until then the end of the page is in view, which would load more cards.
  #showRest(rest) {
    this.#more.hidden = rest <= 0;
    this.#more.textContent = `Show more of the other ${count(rest)}`;
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
    this.#bar.addEventListener('arrange', ({ detail }) => this.#step('change', detail));
    this.#bar.addEventListener('clear', () => this.#clear());
    this.#empty.addEventListener('clear', () => this.#clear());
    this.#empty.addEventListener('add', () => add());
    this.#empty.addEventListener('retry', () => refresh());
    this.#empty.addEventListener('signin', () => signIn());
    this.#hold.watch(this.#grid);
    this.#hold.addEventListener('release', () => this.update());
    this.#grid.addEventListener('tag', ({ detail }) => this.#step('filter', { kind: 'tag', value: detail }));
  }
}

function emptiness({ connection: { at, mode } }, visible, total) {
  if (account.me.role === 'none') return 'no access';
  if (!at) return mode === 'offline' ? 'unreachable' : '';
  if (visible > 0) return '';
  return total === 0 ? 'first run' : 'nothing matches';
}
