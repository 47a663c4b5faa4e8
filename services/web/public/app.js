// The portal in a browser: the parts that all pages share, and the router that shows the
// pages. Data from the server goes into the store, and from there to the current page.
// A person's action changes the address, or sends a request.
import './components/account-menu.js';
import './components/command-palette.js';
import './components/confirm-dialog.js';
import './components/connection-status.js';
import './components/health-notice.js';
import './components/help-dialog.js';
import './components/moment-bar.js';
import './components/on-call-dialog.js';
import './components/service-dialog.js';
import './components/sign-in-dialog.js';
import './components/team-dialog.js';
import './components/theme-switch.js';
import './components/toast-list.js';
import { ServiceActions } from './actions/services.js';
import { Signing } from './actions/signing.js';
import { TeamActions } from './actions/teams.js';
import { setText } from './components/template.js';
import { account } from './lib/account.js';
import { Announcer } from './lib/announcer.js';
import * as api from './lib/api.js';
import { Calls } from './lib/calls.js';
import { pageClock, serverClock } from './lib/clock.js';
import { exactly } from './lib/dates.js';
import { Health } from './lib/health.js';
import { news } from './lib/impact.js';
import { Impacts } from './lib/impacts.js';
import { Live } from './lib/live.js';
import { OnCalls } from './lib/on-calls.js';
import { Past } from './lib/past.js';
import { Router } from './lib/router.js';
import { paletteKeys, shortcut } from './lib/shortcut.js';
import { Store } from './lib/store.js';
import { dayBefore, lastDay } from './lib/strip.js';
import { Strips } from './lib/strips.js';
import { Sync } from './lib/sync.js';
import { countDown, dateTab } from './lib/tab.js';
import { entries, Teams, tally } from './lib/teams.js';
import { AccessPage } from './pages/access.js';
import { Catalogue } from './pages/catalogue.js';
import { GraphPage } from './pages/graph.js';
import { NotFoundPage } from './pages/not-found.js';
import { ScorecardsPage } from './pages/scorecards.js';
import { ServicePage } from './pages/service.js';
import { TeamPage } from './pages/team.js';
import { TeamsPage } from './pages/teams.js';
import { WallPage } from './pages/wall.js';

const find = (selector) => document.querySelector(selector);
const form = find('service-dialog');
const teamForm = find('team-dialog');
const onCallForm = find('on-call-dialog');
const forms = [form, teamForm, onCallForm];
const toasts = find('toast-list');
const palette = find('command-palette');
const bar = find('moment-bar');
const store = new Store();
const past = new Past(api, serverClock);
const announcer = new Announcer(store, (text) => past.on || find('#news').replaceChildren(text));
const live = new Live('/api/events');
const sync = new Sync({ api, store, live, inView });
const teams = new Teams({ api, live, sync });
const onCalls = new OnCalls({ api, clock: serverClock, live, sync });
const calls = new Calls({ api, live, sync });
const impacts = new Impacts({ api, store, live, sync });
const strips = new Strips(api);
const signing = new Signing({ toasts, dialog: find('sign-in-dialog') });
const health = new Health(api.health, (said) => find('health-notice').show(said));

let connection = { mode: 'loading', at: null, why: '' }; // to the present

// session is shared by the pages: the services and the state of the connection, at the moment
// that is shown, and actions.
const session = {
  api,
  toasts,
  teams,
  onCalls,
  impacts,
  calls,
  ask,

  get store() {
    return past.on ? past.store : store;
  },

  get connection() {
    return past.on ? past.connection : connection;
  },

  // past is the moment as in the API, "" for the present.
  get past() {
    return past.on ? past.text || 'unknown' : '';
  },

  keep: (address) => past.keep(address),
  dataAt: () => sync.at,
  go: (address) => router.go(address),
  close: (address) => router.close(address),
  retitle: () => router.retitle(),
  add: () => actions.add(),
  signIn: () => signing.in(),
  refresh: () => (past.on ? past.retry() : sync.refresh()),
  drawn: () => {
    showStrips(pageClock.now());
    showOnCalls();
    showImpacts();
  },
  now: () => pageClock.now(),
};
const catalogue = new Catalogue(session);
const pages = {
  catalogue,
  access: new AccessPage(session),
  graph: new GraphPage(session),
  scorecards: new ScorecardsPage(session),
  service: new ServicePage(session),
  teams: new TeamsPage(session),
  team: new TeamPage(session),
  wall: new WallPage(session),
  notFound: new NotFoundPage(session),
};
const router = new Router(pages, past);
const actions = new ServiceActions({ store, past, toasts, form, announcer, router, catalogue });
const teamActions = new TeamActions({ teams, toasts, form: teamForm, onCallForm, router });

function ask(question) {
  return find('confirm-dialog').ask(question);
}

// inView returns the ids of the services of the present on the screen.
function inView() {
  return past.on ? [] : shownIDs();
}

function shownIDs() {
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
  teamActions.listen();
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
  palette.services = () => session.store.values();
  palette.teams = () => {
    teams.want();
    return teams.values();
  };
  palette.onCall = (slug) => onCalls.of(slug);
  palette.addEventListener('go', ({ detail }) => router.visit(detail));
  palette.addEventListener('add', () => actions.add());
  palette.addEventListener('addteam', () => teamActions.add());
  palette.addEventListener('now', () => router.goTo(null));
  palette.addEventListener('help', () => find('help-dialog').open());
  palette.addEventListener('theme', ({ detail }) => find('theme-switch').choose(detail));
}

function listenToAccount() {
  const menu = find('account-menu');
  menu.addEventListener('signin', () => signing.in());
  menu.addEventListener('signout', ({ detail }) => signing.out(detail));
  for (const one of forms) one.addEventListener('signin', () => signing.aside());
  signing.addEventListener('identified', () => {
    menu.show(account.me);
    for (const page of Object.values(pages)) page.identified();
  });
  signing.addEventListener('changed', () => {
    for (const one of forms) if (account.me.kind !== 'anonymous') one.signedIn(account.me.name);
    sync.wake(); // the stream is another one's
    past.retry();
  });
  live.addEventListener('live', () => signing.again()); // a session may have ended, and so the stream
}

function listenToServer() {
  strips.addEventListener('read', () => showStrips(pageClock.now()));
  store.addEventListener('change', () => {
    for (const service of store.values()) form.changed(service);
    countDown(store.values().filter(({ status }) => status === 'down').length);
    if (!past.on) changed();
  });
  teams.addEventListener('change', () => {
    for (const team of teams.values()) for (const one of [teamForm, onCallForm]) one.changed(team);
    palette.changed();
    for (const page of router.shown) page.update();
  });
  onCalls.addEventListener('change', () => {
    showOnCalls();
    pages.teams.update();
  });
  calls.addEventListener('change', () => pages.graph.changed());
  impacts.addEventListener('change', () => showImpacts());
  impacts.addEventListener('cause', ({ detail }) => announcer.add(news(detail)));
  sync.addEventListener('happened', ({ detail }) => {
    for (const page of router.shown) page.happened(detail);
  });
  sync.addEventListener('state', ({ detail }) => {
    connection = detail;
    if (detail.mode === 'polling' || detail.mode === 'offline') health.checkSoon();
    if (past.on) return;
    find('connection-status').show(detail);
    for (const page of router.shown) page.update();
  });
}

// changed shows that the services that are shown have changed.
function changed() {
  palette.changed();
  catalogue.changed();
  for (const page of router.shown) if (page !== catalogue) page.changed();
  showImpacts(); // a cause may be none any more
}

function listenToPast() {
  document.addEventListener('past', () => showPast());
  bar.addEventListener('moment', ({ detail }) => router.goTo(detail));
  bar.addEventListener('now', () => {
    router.goTo(null);
    router.page.main.focus({ preventScroll: true });
  });
  bar.addEventListener('copymoment', () => actions.copyMoment());
  past.addEventListener('strips', () => showStrips(pageClock.now()));
  past.addEventListener('change', () => turn());
}

// showPast shows the portal as it was a while ago, for a person to choose when.
async function showPast() {
  try {
    router.goTo(await past.begin());
    bar.focus();
  } catch (problem) {
    toasts.warn([`The past is not shown: ${problem.message}`]);
  }
}

// turn makes the page one of the moment that is to be shown, or of the present.
function turn() {
  const root = document.documentElement;
  const turned = account.past !== past.on;
  const now = serverClock.now();
  account.past = past.on;
  pageClock.moment = past.text ? past.at : null;
  if (past.on) root.dataset.past = past.mode;
  else delete root.dataset.past;
  setText(find('.rows-head .rows-day'), past.on ? dayBefore[0] : lastDay[0]);
  dateTab(past.text ? exactly(past.at, now) : '');
  bar.show(past, now);
  onCalls.show(past.text);
  impacts.show(past.text, session.store);
  calls.show(past.text);
  find('connection-status').show(past.on ? { mode: 'past', at: null } : connection);
  if (turned) for (const page of [catalogue, pages.service]) page.identified();
  catalogue.moved(); // no service keeps the place that it has at another moment
  if (router.page) changed();
}

// showStrips shows the 24 hours before now of the services in view, and reads those that it
// lacks.
function showStrips(now) {
  const known = past.on ? past.strips : strips;
  const measured = shownIDs().filter((id) => session.store.get(id)?.status_url && router.card(id));
  if (!known) return;
  for (const page of router.shown) {
    for (const id of measured) {
      const card = page.card(id);
      if (card) card.strip = known.get(session.store.get(id));
    }
  }
  if (past.on || live.up) void known.want(measured, now);
}

// showOnCalls shows who is on call for the services in view, and reads it when it may have changed.
function showOnCalls() {
  if (!router.page) return; // an address with a moment has arrived, and no page yet
  for (const page of router.shown) {
    for (const id of page.inView()) {
      const card = page.card(id);
      if (card) card.onCall = onCalls.named(session.store.get(id)?.team);
    }
  }
  if ((live.up || connection.mode === 'polling') && router.page !== pages.wall) onCalls.want();
}

// showImpacts shows what hits the services in view, and whom they hit.
function showImpacts() {
  if (!router.page) return;
  const now = pageClock.now();
  for (const page of router.shown) {
    for (const id of page.inView()) page.card(id)?.hit(impacts.of(id), impacts.cause(id), now);
    page.causes(impacts.causes(), now);
  }
}

// readImpacts reads it when it may have changed. The ticks of browsers are at different times, and so they do not
// all ask at once when something falls.
function readImpacts() {
  const known = session.connection.at !== null;
  if (known && (live.up || connection.mode === 'polling')) impacts.want();
}

// follow keeps the page up to date while it may be visible.
function follow() {
  const followers = [sync, health];
  const start = () => followers.forEach((one) => void one.start());
  const stop = () => followers.forEach((one) => void one.stop());
  const show = () => followers.forEach((one) => void one.show(!document.hidden));
  const tick = () => {
    const now = pageClock.now();
    for (const page of router.shown) page.tick(now);
    palette.tick();
    showStrips(now);
    showOnCalls();
    showImpacts();
    readImpacts();
    if (past.on) {
      bar.tick(serverClock.now());
      past.tick();
    }
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

for (const one of forms) Object.assign(one, { api, ask });
form.teams = () => {
  teams.want();
  return entries(teams.values(), tally(store.values())).map(({ name }) => name);
};
form.services = () => store.values();
teamForm.services = (name) => tally(store.values()).get(name)?.total ?? 0;
listenToPeople();
listenToPalette();
listenToAccount();
listenToServer();
listenToPast();
signing.start();
router.start();
follow();
