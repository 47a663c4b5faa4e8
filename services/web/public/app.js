// The portal in a browser: the parts that all pages share, and the router that shows the
// pages. Data from the server goes into the store, and from there to the current page.
// A person's action changes the address, or sends a request.
import './components/account-menu.js';
import './components/command-palette.js';
import './components/confirm-dialog.js';
import './components/connection-status.js';
import './components/health-notice.js';
import './components/help-dialog.js';
import './components/service-dialog.js';
import './components/sign-in-dialog.js';
import './components/theme-switch.js';
import './components/toast-list.js';
import { account, notSignedIn, withoutReason } from './lib/account.js';
import { Announcer } from './lib/announcer.js';
import * as api from './lib/api.js';
import { revert } from './lib/changes.js';
import { serverClock } from './lib/clock.js';
import { byName } from './lib/filter.js';
import { outcome } from './lib/format.js';
import { Health } from './lib/health.js';
import { Live } from './lib/live.js';
import { address } from './lib/route.js';
import { Router } from './lib/router.js';
import { paletteKeys, shortcut } from './lib/shortcut.js';
import { Store } from './lib/store.js';
import { Strips } from './lib/strips.js';
import { Sync } from './lib/sync.js';
import { countDown } from './lib/tab.js';
import { AccessPage } from './pages/access.js';
import { Catalogue } from './pages/catalogue.js';
import { NotFoundPage } from './pages/not-found.js';
import { ServicePage } from './pages/service.js';
import { WallPage } from './pages/wall.js';

const find = (selector) => document.querySelector(selector);
const form = find('service-dialog');
const toasts = find('toast-list');
const palette = find('command-palette');
const store = new Store();
const announcer = new Announcer(store, (text) => find('#news').replaceChildren(text));
const live = new Live('/api/events');
const sync = new Sync({ api, store, live, inView });
const strips = new Strips(api);
const health = new Health(api.health, (said) => find('health-notice').show(said));

// session is shared by the pages: the services, the state of the connection, and actions.
const session = {
  api,
  store,
  toasts,
  ask,
  connection: { mode: 'loading', at: null, why: '' },
  dataAt: () => sync.at,
  go: (address) => router.go(address),
  close: (address) => router.close(address),
  retitle: () => router.retitle(),
  add,
  signIn,
  refresh: () => sync.refresh(),
  drawn: () => showStrips(serverClock.now()),
  now: () => serverClock.now(),
};
const catalogue = new Catalogue(session);
const pages = {
  catalogue,
  access: new AccessPage(session),
  service: new ServicePage(session),
  wall: new WallPage(session),
  notFound: new NotFoundPage(session),
};
const router = new Router(pages);

// identify learns who is asking. What that role may not do is hidden by the style sheet;
// until it is known, everything is shown.
async function identify() {
  try {
    const me = await api.me();
    account.me = me;
    document.documentElement.dataset.role = me.role;
    find('account-menu').show(me);
    if (me.ended) {
      toasts.say(['Your session has ended.'], { status: 'unknown', actions: [{ label: 'Sign in', act: signIn }] });
    }
    for (const page of Object.values(pages)) page.identified();
  } catch {
    // The portal does not answer, and the page says so: it refuses what is not allowed.
  }
}

// tabs tells the other tabs of the browser that somebody signed in or out.
const tabs = new BroadcastChannel('portal-account');

async function accountChanged() {
  await identify();
  if (account.me.kind !== 'anonymous') {
    find('sign-in-dialog').close();
    form.signedIn(account.me.name);
  }
  sync.wake(); // the stream is another one's
}

function signIn() {
  const { pathname, search } = location;
  find('sign-in-dialog').open(account.me, { back: pathname + search });
}

// signInAside keeps the page as it is meanwhile.
function signInAside() {
  find('sign-in-dialog').open(account.me, { back: '/signed-in.html', aside: true });
}

async function signOut(everywhere) {
  const { provider } = account.me;
  try {
    const url = await api.signOut(everywhere);
    const leave = { label: `Sign out of ${provider} too`, act: () => location.assign(url) };
    toasts.say(['You are signed out.'], { actions: url ? [leave] : [] });
    tabs.postMessage('changed');
  } catch (problem) {
    toasts.warn([`You were not signed out: ${problem.message}`]);
  }
  await accountChanged();
}

// tellWhy says why somebody who comes back from the provider is not signed in.
function tellWhy() {
  const why = notSignedIn(location.search);
  if (!why) return;
  toasts.warn([why]);
  history.replaceState(history.state, '', location.pathname + withoutReason(location.search) + location.hash);
}

function ask(question) {
  return find('confirm-dialog').ask(question);
}

function add() {
  if (account.mayWrite) form.add();
}

// open shows a service: beside the list, or in its place.
function open(id) {
  const service = store.get(id);
  if (!service) return;
  leaveSearch();
  router.goBeside(address(service.name));
}

// go shows an address that was chosen in the palette, and its page gets the focus.
function go(address) {
  leaveSearch();
  router.go(address);
  router.page.main.focus({ preventScroll: true });
}

// leaveSearch lets the page that comes have the focus, which the search keeps while a person
// types in it.
function leaveSearch() {
  find('#searchInput').blur();
}

// copyLink copies the address by the id, which stays when the name changes.
async function copyLink(id) {
  try {
    await navigator.clipboard.writeText(new URL(address(id), location.origin).href);
    toasts.say(['The link was copied.']);
  } catch {
    toasts.warn(['The link was not copied: the browser does not allow it. Copy the address instead.']);
  }
}

// copyBadge copies Markdown of a badge that leads to the service's page.
async function copyBadge({ id, name }) {
  const at = (path) => new URL(path, location.origin).href;
  const text = `${name}: status`.replaceAll(/[[\]\\]/g, '\\$&');
  try {
    await navigator.clipboard.writeText(`[![${text}](${at(api.badge(name))})](${at(address(id))})`);
    toasts.say(['The badge was copied, as Markdown.']);
  } catch {
    toasts.warn(['The badge was not copied: the browser does not allow it.']);
  }
}

function edit(id) {
  const service = store.get(id);
  if (service && account.mayChange(service)) form.edit(service);
}

async function probe(id) {
  const asked = store.get(id);
  const card = cardOf(id); // none, if a filter hides it or another page is shown
  if (card) card.busy = true;
  try {
    const service = await api.check(id);
    store.put(service);
    announcer.skip(id);
    toasts.say([service, ` ${outcome(service)}`], { status: service.status });
  } catch (problem) {
    if (problem.status === 404) store.remove(id);
    toasts.warn([asked, ` was not checked: ${problem.message}`]);
  } finally {
    if (card) card.busy = false;
  }
}

async function remove(service) {
  const question = {
    title: ['Delete ', service, '?'],
    text: 'It is deleted for everybody, and its checks stop. It can be restored for 30 days.',
    yes: 'Delete',
  };
  if (!(await form.ask(question))) {
    form.reopen();
    return;
  }
  try {
    await api.remove(service.id);
    store.remove(service.id);
    toasts.say([service, ' was deleted.'], { actions: [{ label: 'Undo', act: () => restore(service) }] });
  } catch (problem) {
    toasts.warn([service, ` was not deleted: ${problem.message}`]);
  }
}

async function restore(service) {
  try {
    store.restore(await api.restore(service.id));
    toasts.say([service, ' was restored.'], { actions: [{ label: 'Show it', act: () => reveal(service.id) }] });
  } catch (problem) {
    toasts.warn([service, ` was not restored: ${problem.message}`]);
  }
}

// undo takes back what a person saved a moment ago, unless somebody has changed the service
// since: before is the service before, fields what was changed.
async function undo(service, before, fields) {
  try {
    const { service: now, etag } = await api.read(service.id);
    if (now.version !== service.version) {
      toasts.warn([service, ' was changed again since: its page lists the changes.']);
      return;
    }
    store.put(await api.change(service.id, revert(before, fields), etag));
    toasts.say([before, ' is as it was before.']);
  } catch (problem) {
    toasts.warn([service, ` was not changed back: ${problem.message}`]);
  }
}

function saved({ service, isNew, before, fields }) {
  store.put(service);
  announcer.skip(service.id);
  router.page.moved();
  const hidden = router.page.hidden(service);
  const words = [service, isNew ? ' was added.' : ' was saved.', ...(hidden ? [hidden] : [])];
  const actions = [];
  if (isNew || hidden) actions.push({ label: 'Show it', act: () => reveal(service.id) });
  if (!isNew && fields.length > 0) actions.push({ label: 'Undo', act: () => undo(service, before, fields) });
  toasts.say(words, { actions });
}

// reveal shows a service's card in the catalogue, and clears the filters if they hide it.
function reveal(id) {
  const service = store.get(id);
  if (!service) return;
  if (router.page !== catalogue) router.go('/');
  void catalogue.reveal(service);
}

// dropped offers to restore a form that was closed without saving.
function dropped(draft) {
  const actions = [{ label: 'Restore', act: () => form.restore(draft) }];
  toasts.say(['Your changes were not saved.'], { status: 'unknown', actions });
}

// cardOf returns the card of a service on the foremost page that has one.
function cardOf(id) {
  return router.shown.map((page) => page.card(id)).findLast(Boolean);
}

// inView returns the ids of the services on the screen.
function inView() {
  return [...new Set(router.shown.flatMap((page) => page.inView()))];
}

function key(event) {
  if (router.page === pages.wall && shortcut(event) !== 'close') return; // it has no controls
  const arrow = event.key === 'ArrowDown' || event.key === 'ArrowRight';
  if (arrow && event.target === document.body && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    router.page.focusFirst();
    return;
  }
  const act = {
    search: () => find('#searchInput').select(),
    new: add,
    edit: () => edit(router.page.current()),
    close: () => router.page.close(),
    help: () => find('help-dialog').open(),
    palette: () => event.repeat || palette.toggle(),
  }[shortcut(event)];
  if (!act) return;
  event.preventDefault();
  act();
}

function listenToPeople() {
  document.addEventListener('keydown', key);
  document.addEventListener('open', ({ detail }) => open(detail));
  document.addEventListener('edit', ({ detail }) => edit(detail));
  document.addEventListener('check', ({ detail }) => probe(detail));
  document.addEventListener('copylink', ({ detail }) => copyLink(detail));
  document.addEventListener('copybadge', ({ detail }) => copyBadge(detail));
  find('#addServiceBtn').addEventListener('click', add);
  find('#helpBtn').addEventListener('click', () => find('help-dialog').open());
  form.addEventListener('saved', ({ detail }) => saved(detail));
  form.addEventListener('dropped', ({ detail }) => dropped(detail));
  form.addEventListener('missing', ({ detail }) => store.remove(detail));
  form.addEventListener('delete', ({ detail }) => remove(detail));
}

function listenToPalette() {
  const keys = paletteKeys(navigator.platform);
  for (const name of document.querySelectorAll('[data-keys="palette"]')) name.textContent = keys;
  const button = find('#paletteBtn');
  button.title = `${button.ariaLabel} (${keys})`;
  button.addEventListener('click', () => palette.toggle());
  palette.services = () => store.values();
  palette.addEventListener('go', ({ detail }) => go(detail));
  palette.addEventListener('add', add);
  palette.addEventListener('help', () => find('help-dialog').open());
  palette.addEventListener('theme', ({ detail }) => find('theme-switch').choose(detail));
}

function listenToAccount() {
  const menu = find('account-menu');
  menu.addEventListener('signin', signIn);
  menu.addEventListener('signout', ({ detail }) => signOut(detail));
  form.addEventListener('signin', signInAside);
  find('sign-in-dialog').addEventListener('signedin', async () => {
    tabs.postMessage('changed');
    await accountChanged();
    if (account.me.kind === 'anonymous') {
      toasts.warn(['The key is right, but this browser kept no cookie: open the portal by https.']);
    }
  });
  tabs.addEventListener('message', accountChanged);
  // A session may have ended: then a request is refused, or the stream ends.
  const again = () => account.me.kind !== 'anonymous' && identify();
  api.refusals.addEventListener('refused', again);
  live.addEventListener('live', again);
}

function listenToServer() {
  strips.addEventListener('read', () => showStrips(serverClock.now()));
  store.addEventListener('change', () => {
    for (const service of store.values()) form.changed(service);
    countDown(store.values().filter(({ status }) => status === 'down').length);
    palette.changed();
    catalogue.changed();
    if (router.page !== catalogue) router.page.changed();
  });
  sync.addEventListener('state', ({ detail }) => {
    session.connection = detail;
    find('connection-status').show(detail);
    if (detail.mode === 'polling' || detail.mode === 'offline') health.checkSoon();
    for (const page of router.shown) page.update();
  });
}

// showStrips shows the last 24 hours of the services in view, and reads those that it lacks.
function showStrips(now) {
  const measured = inView().filter((id) => store.get(id)?.status_url && cardOf(id));
  for (const page of router.shown) {
    for (const id of measured) {
      const card = page.card(id);
      if (card) card.strip = strips.get(store.get(id));
    }
  }
  if (live.up) void strips.want(measured, now);
}

// follow keeps the page up to date while it may be visible.
function follow() {
  const followers = [sync, health];
  const start = () => followers.forEach((one) => void one.start());
  const stop = () => followers.forEach((one) => void one.stop());
  const show = () => followers.forEach((one) => void one.show(!document.hidden));
  const tick = () => {
    const now = serverClock.now();
    for (const page of router.shown) page.tick(now);
    palette.tick();
    showStrips(now);
  };
  document.addEventListener('visibilitychange', show);
  document.addEventListener('freeze', stop);
  document.addEventListener('resume', start);
  addEventListener('online', () => sync.wake());
  addEventListener('offline', () => sync.refresh());
  addEventListener('pageshow', ({ persisted }) => persisted && start());
  addEventListener('pagehide', stop);
  addEventListener('scrollend', tick);
  setInterval(() => document.hidden || tick(), 1000);
  if (document.hidden) show();
  start();
}

form.api = api;
find('sign-in-dialog').api = api;
form.ask = ask;
form.teams = () =>
  catalogue
    .teams()
    .sort(byName)
    .map(([team]) => team);
listenToPeople();
listenToPalette();
listenToAccount();
listenToServer();
tellWhy();
void identify();
router.start();
follow();
