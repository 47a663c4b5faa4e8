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
import { ServiceActions } from './actions/services.js';
import { Signing } from './actions/signing.js';
import { account } from './lib/account.js';
import { Announcer } from './lib/announcer.js';
import * as api from './lib/api.js';
import { serverClock } from './lib/clock.js';
import { byName } from './lib/filter.js';
import { Health } from './lib/health.js';
import { Live } from './lib/live.js';
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
const signing = new Signing({ toasts, dialog: find('sign-in-dialog') });
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
  add: () => actions.add(),
  signIn: () => signing.in(),
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
const actions = new ServiceActions({ store, toasts, form, announcer, router, catalogue });

function ask(question) {
  return find('confirm-dialog').ask(question);
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
    new: () => actions.add(),
    edit: () => actions.edit(router.page.current()),
    close: () => router.page.close(),
    help: () => find('help-dialog').open(),
    palette: () => event.repeat || palette.toggle(),
  }[shortcut(event)];
  if (!act) return;
  event.preventDefault();
  act();
}

function listenToPeople() {
  actions.listen();
  document.addEventListener('keydown', key);
  find('#addServiceBtn').addEventListener('click', () => actions.add());
  find('#helpBtn').addEventListener('click', () => find('help-dialog').open());
}

function listenToPalette() {
  const keys = paletteKeys(navigator.platform);
  for (const name of document.querySelectorAll('[data-keys="palette"]')) name.textContent = keys;
  const button = find('#paletteBtn');
  button.title = `${button.ariaLabel} (${keys})`;
  button.addEventListener('click', () => palette.toggle());
  palette.services = () => store.values();
  palette.addEventListener('go', ({ detail }) => router.visit(detail));
  palette.addEventListener('add', () => actions.add());
  palette.addEventListener('help', () => find('help-dialog').open());
  palette.addEventListener('theme', ({ detail }) => find('theme-switch').choose(detail));
}

function listenToAccount() {
  const menu = find('account-menu');
  menu.addEventListener('signin', () => signing.in());
  menu.addEventListener('signout', ({ detail }) => signing.out(detail));
  form.addEventListener('signin', () => signing.aside());
  signing.addEventListener('identified', () => {
    menu.show(account.me);
    for (const page of Object.values(pages)) page.identified();
  });
  signing.addEventListener('changed', () => {
    if (account.me.kind !== 'anonymous') form.signedIn(account.me.name);
    sync.wake(); // the stream is another one's
  });
  live.addEventListener('live', () => signing.again()); // a session may have ended, and so the stream
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
  sync.addEventListener('happened', ({ detail }) => {
    for (const page of router.shown) page.happened(detail);
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
  const measured = inView().filter((id) => store.get(id)?.status_url && router.card(id));
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
signing.start();
router.start();
follow();
