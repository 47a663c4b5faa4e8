// Wires the components to lib: what a person does changes the view or asks the
// server, what the server says goes into the store, and both end in render.
import './components/confirm-dialog.js';
import './components/connection-status.js';
import './components/empty-state.js';
import './components/filter-sidebar.js';
import './components/health-notice.js';
import './components/help-dialog.js';
import './components/service-dialog.js';
import './components/service-grid.js';
import './components/theme-switch.js';
import './components/toast-list.js';
import './components/view-bar.js';
import { Announcer } from './lib/announcer.js';
import * as api from './lib/api.js';
import { serverClock } from './lib/clock.js';
import { byName, group, head, sort, survey } from './lib/filter.js';
import { count, outcome, shown } from './lib/format.js';
import { Health } from './lib/health.js';
import { Live } from './lib/live.js';
import { shortcut } from './lib/shortcut.js';
import { Hold, steady } from './lib/steady.js';
import { Store } from './lib/store.js';
import { Sync } from './lib/sync.js';
import { everything, format, narrowed, parse, unfiltered } from './lib/view.js';

const find = (selector) => document.querySelector(selector);
const grid = find('service-grid');
const sidebar = find('filter-sidebar');
const bar = find('view-bar');
const form = find('service-dialog');
const empty = find('empty-state');
const toasts = find('toast-list');
const more = find('#moreBtn');
const search = find('#searchInput');

const debounce = 150; // ms after the last letter
const frame = 16; // ms
const screens = 1000; // cards in the page, and as many again when its end comes near
const store = new Store();
const hold = new Hold();
const announcer = new Announcer(store, (text) => find('#news').replaceChildren(text));
const sync = new Sync({ api, store, live: new Live('/api/events'), inView: () => grid.inView() });
const health = new Health(api.health, (said) => find('health-notice').show(said));
const followers = [sync, health];
const start = () => followers.forEach((one) => void one.start());
const stop = () => followers.forEach((one) => void one.stop());
const show = () => followers.forEach((one) => void one.show(!document.hidden));
let view = parse(location.search);
let connection = { mode: 'loading', at: null };
let ordered = []; // all services in the view's order, kept because it seldom changes
let orderedBy = '';
let stood = []; // ids of the cards, as they stand in the page
let fresh = true; // whether a person wants to see something else than what stood there
let typing = 0;
let most = screens;
let drawn = Promise.resolve(); // when the grid has all that it was told
let drawing = false;

// render brings the whole page up to date; update asks for it, once a frame, but
// not as a part of one: the frame has enough to do with what render changed.
function render() {
  drawing = false;
  if (orderedBy !== view.sort) {
    orderedBy = view.sort;
    ordered = sort(store.values(), orderedBy);
  }
  const { shown: found, counts, stats } = survey(ordered, view);
  const services = hold.held && !fresh ? steady(stood, found, (id) => store.get(id)) : found;
  const totals = narrowed(view) ? survey(ordered, everything).counts : counts;
  const known = connection.at !== null;
  bar.show({ shown: known ? shown(found.length, stats.total) : '', view });
  bar.hidden = known && stats.total === 0;
  if (known) {
    fresh = false;
    stood = services.map(({ id }) => id);
    sidebar.show({ stats, counts, totals, view, found: found.length });
    const groups = view.group ? group(services) : [{ key: 'all', title: '', total: services.length, services }];
    drawn = grid.show(head(groups, most));
    drawn.then((whole) => whole && showRest(services.length - most));
  }
  empty.when = emptiness(services.length, stats.total);
}

function emptiness(visible, total) {
  if (!connection.at) return connection.mode === 'offline' ? 'unreachable' : '';
  if (visible > 0) return '';
  return total === 0 ? 'first run' : 'nothing matches';
}

function update() {
  if (drawing) return;
  drawing = true;
  setTimeout(render, frame);
}

// showRest offers what is not in the page. That comes last: while the first cards
// are laid out, their end is always near.
function showRest(rest) {
  more.hidden = rest <= 0;
  more.textContent = `Show more of the other ${count(rest)}`;
}

function showMore() {
  most += screens;
  update();
}

// settle takes over what is typed in the search and still waits for more letters.
function settle() {
  if (search.value !== view.q) go({ q: search.value }, { push: false });
}

// go shows another view, from its start. A step that Back should undo is pushed.
function go(change, { push }) {
  clearTimeout(typing);
  if (push) settle();
  most = screens;
  fresh = true;
  view = { ...view, ...change };
  const address = format(view);
  if (address !== location.pathname + location.search) history[push ? 'pushState' : 'replaceState'](null, '', address);
  if (search.value !== view.q) search.value = view.q;
  update();
}

function clear() {
  go(unfiltered(view), { push: true });
  search.focus();
}

async function probe(id) {
  const card = grid.card(id);
  card.busy = true;
  try {
    const service = await api.check(id);
    store.put(service);
    announcer.told(id);
    toasts.say([service, ` ${outcome(service)}`], { status: service.status });
  } catch (problem) {
    if (problem.status === 404) store.remove(id);
    toasts.warn([card.service, ` was not checked: ${problem.message}`]);
  } finally {
    card.busy = false;
  }
}

async function remove(service) {
  const question = {
    title: ['Delete ', service, '?'],
    text: 'It goes for everybody, its checks stop, and this cannot be undone.',
    yes: 'Delete',
  };
  if (!(await form.ask(question))) {
    form.reopen();
    return;
  }
  try {
    await api.remove(service.id);
    store.remove(service.id);
    toasts.say([service, ' was deleted.']);
  } catch (problem) {
    toasts.warn([service, ` was not deleted: ${problem.message}`]);
  }
}

function saved({ service, isNew }) {
  store.put(service);
  announcer.told(service.id);
  fresh = true;
  const hidden = survey([service], view).shown.length === 0;
  const words = [service, isNew ? ' was added.' : ' was saved.'];
  if (hidden) words.push(' The search or a filter hides it.');
  const action = { label: 'Show it', act: () => reveal(service.id) };
  toasts.say(words, isNew || hidden ? { action } : {});
}

// reveal leads to a service's card, whatever hides it.
async function reveal(id) {
  const service = store.get(id);
  if (!service) return;
  if (survey([service], view).shown.length === 0) go(unfiltered(view), { push: true });
  fresh = true;
  render();
  await drawn;
  if (!grid.card(id)?.isConnected) {
    most = Number.POSITIVE_INFINITY; // it is far down
    render();
    await drawn;
  }
  grid.card(id)?.focus();
}

// dropped offers what was in a form that was left without saving.
function dropped(draft) {
  const action = { label: 'Bring it back', act: () => form.restore(draft) };
  toasts.say(['What you typed was not saved.'], { status: 'unknown', action });
}

function key(event) {
  const arrow = event.key === 'ArrowDown' || event.key === 'ArrowRight';
  if (arrow && event.target === document.body && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    grid.focusFirst();
    return;
  }
  const act = { search: () => search.select(), new: () => form.add(), help: () => find('help-dialog').open() }[
    shortcut(event)
  ];
  if (!act) return;
  event.preventDefault();
  act();
}

function searchKey(event) {
  if (event.key === 'ArrowDown') {
    event.preventDefault();
    grid.focusFirst();
  }
  if (event.key === 'Escape' && !event.isComposing) {
    event.preventDefault();
    if (search.value === '') search.blur();
    go({ q: '' }, { push: false });
  }
}

function listenToPeople() {
  search.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(settle, debounce);
  });
  search.addEventListener('keydown', searchKey);
  document.addEventListener('keydown', key);
  find('#addServiceBtn').addEventListener('click', () => form.add());
  find('#helpBtn').addEventListener('click', () => find('help-dialog').open());
  more.addEventListener('click', showMore);
  const near = { rootMargin: '1500px' };
  new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && showMore(), near).observe(more);
  sidebar.addEventListener('filter', ({ detail }) => go({ [detail.kind]: detail.value }, { push: true }));
  sidebar.addEventListener('results', () => find('#services').focus());
  bar.addEventListener('arrange', ({ detail }) => go(detail, { push: true }));
  bar.addEventListener('clear', clear);
  empty.addEventListener('clear', clear);
  empty.addEventListener('add', () => form.add());
  empty.addEventListener('retry', () => sync.refresh());
  hold.watch(grid);
  hold.addEventListener('release', update);
  grid.addEventListener('open', ({ detail }) => store.get(detail) && form.edit(store.get(detail)));
  grid.addEventListener('check', ({ detail }) => probe(detail));
  grid.addEventListener('tag', ({ detail }) => go({ tag: view.tag === detail ? '' : detail }, { push: true }));
  form.addEventListener('saved', ({ detail }) => saved(detail));
  form.addEventListener('dropped', ({ detail }) => dropped(detail));
  form.addEventListener('missing', ({ detail }) => store.remove(detail));
  form.addEventListener('delete', ({ detail }) => remove(detail));
  addEventListener('popstate', () => go(parse(location.search), { push: false }));
}

function listenToServer() {
  store.addEventListener('change', () => {
    orderedBy = '';
    for (const service of store.values()) form.changed(service);
    grid.forget((id) => store.get(id));
    // Not before the grid is done: a stream of news would make it begin anew for
    // ever, and never come to its end. What a person does is not kept waiting.
    drawn.then(update);
  });
  sync.addEventListener('state', ({ detail }) => {
    connection = detail;
    find('connection-status').show(detail);
    if (detail.mode === 'polling' || detail.mode === 'offline') health.doubt();
    update();
  });
  document.addEventListener('visibilitychange', show);
  document.addEventListener('freeze', stop);
  document.addEventListener('resume', start);
  addEventListener('online', () => sync.wake());
  addEventListener('offline', () => sync.refresh());
  addEventListener('pageshow', ({ persisted }) => persisted && start());
  addEventListener('pagehide', stop);
  setInterval(() => document.hidden || grid.tick(serverClock.now()), 1000);
  addEventListener('scrollend', () => grid.tick(serverClock.now()));
}

form.api = api;
form.ask = (question) => find('confirm-dialog').ask(question);
form.teams = () => [...survey(ordered, everything).counts.team].sort(byName).map(([team]) => team);
search.value = view.q;
listenToPeople();
listenToServer();
render();
if (document.hidden) show();
start();
