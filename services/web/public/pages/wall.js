// The wall, at "/?wall": a view for a screen that is read from five metres. It has no controls,
// needs no scrolling, keeps the screen awake, and says loudly when it is no longer live.
import '../components/wall-band.js';
import '../components/wall-names.js';
import '../components/wall-tiles.js';
import { setText, setWords } from '../components/template.js';
import { account } from '../lib/account.js';
import { Awake } from '../lib/awake.js';
import { timeOfDay } from '../lib/dates.js';
import { survey } from '../lib/filter.js';
import { fit } from '../lib/fit.js';
import { everything, format, parse } from '../lib/view.js';
import * as wall from '../lib/wall.js';
import { Page } from './page.js';

const frame = 16; // ms
const rest = 4; // times as long as a drawing took, it waits before the next: walls have slow computers
const beside = 0.5; // part of the height that names have below a message

// Where the page scrolls: also in styles/wall.css.
const scrolls = matchMedia('(width < 40rem), (height < 30rem)');

export class WallPage extends Page {
  root = document.querySelector('#wallPage');
  #active = false;
  #view = everything;
  #parts = wall.split([]);
  #inView = [];
  #scheduled = false;
  #causes = ''; // what was drawn of them
  #took = 0; // ms that the last drawing took
  #awake = new Awake(navigator.wakeLock, document);
  #stale = this.root.querySelector('.wall-stale');
  #band = this.root.querySelector('wall-band');
  #body = this.root.querySelector('.wall-body');
  #message = this.root.querySelector('.wall-message');
  #tiles = this.root.querySelector('wall-tiles');
  #names = this.root.querySelector('wall-names');
  #live = this.root.querySelector('.wall-live');
  #byHand = this.root.querySelector('.wall-by-hand');

  constructor(session) {
    super(session);
    this.#awake.addEventListener('change', () => this.#showSleep());
    new ResizeObserver(() => this.#active && this.#layOut()).observe(this.#body);
    scrolls.addEventListener('change', () => this.update());
  }

  get title() {
    return 'Wall';
  }

  enter({ search }) {
    this.#active = true;
    this.#view = parse(search);
    document.documentElement.dataset.wall = '';
    this.root.querySelector('.wall-leave').href = format(this.#view);
    setWords(this.root.querySelector('h1'), wall.scope(this.#view));
    this.#awake.start();
    this.#showSleep();
    this.#draw();
  }

  leave() {
    this.#active = false;
    delete document.documentElement.dataset.wall;
    this.#awake.stop();
  }

  // update schedules one drawing after the current frame.
  update() {
    if (this.#scheduled || !this.#active) return;
    this.#scheduled = true;
    setTimeout(() => this.#draw(), Math.max(frame, this.#took * rest));
  }

  tick(now) {
    if (!this.#active) return;
    this.#band.tick(now);
    this.#tiles.tick(now);
    this.#showState(now);
  }

  // causes draws anew if other services fell, or others are hit, or on call.
  causes(causes) {
    const said = JSON.stringify(causes.map(({ id, hits, on_call: people }) => [id, hits, people]));
    if (said === this.#causes) return;
    this.#causes = said;
    this.update();
  }

  // inView returns the services whose reasons are to be read again. Without trouble it is one, so
  // that the page learns whether the portal still answers.
  inView() {
    return this.#inView;
  }

  close() {
    this.session.go(format(this.#view));
  }

  #draw() {
    this.#scheduled = false;
    if (!this.#active) return;
    const began = performance.now();
    const { store, connection, impacts } = this.session;
    const readable = connection.at !== null && account.me.role !== 'none';
    const { shown, counts, stats } = survey(readable ? store.values() : [], this.#view);
    this.#parts = wall.split(shown, (id) => impacts.of(id));
    const others = [...counts.status.values()].reduce((sum, n) => sum + n, 0);
    this.#showCounts(readable);
    this.#showMessage({ others, total: stats.total });
    const { band } = this.#parts;
    this.#band.show(band, impacts.of(band?.id), impacts.cause(band?.id));
    this.#showByHand();
    this.#layOut();
    this.#took = performance.now() - began;
  }

  #showCounts(known) {
    for (const item of this.root.querySelectorAll('.wall-counts > li')) {
      const { status } = item.dataset;
      const n = this.#parts.counts[status];
      item.hidden = !known || (n === 0 && status !== 'healthy');
      setText(item.querySelector('strong'), n.toLocaleString('en'));
    }
  }

  #showMessage({ others, total }) {
    const { at, mode } = this.session.connection;
    const access = account.me.role;
    const message = wall.message({ access, mode, at, view: this.#view, parts: this.#parts, others, total });
    this.#message.hidden = message === null;
    setText(this.#message.querySelector('h2'), message?.title ?? '');
    setText(this.#message.querySelector('p'), message?.text ?? '');
  }

  #showByHand() {
    const { byHand, counts } = this.#parts;
    this.#byHand.hidden = counts.byHand === 0;
    if (counts.byHand === 0) return;
    const names = byHand.services.flatMap((service, i) => (i === 0 ? [service] : [', ', service]));
    const left = counts.byHand - byHand.services.length;
    setWords(this.#byHand, [`${byHand.label}: `, ...names, left > 0 ? ` and ${left.toLocaleString('en')} more` : '']);
  }

  // layOut shows as many services as there is room for.
  #layOut() {
    const { band, tiles, healthy, counts } = this.#parts;
    const troubles = wall.troubles(this.#parts);
    const places = fit(this.#box(), wall.places(tiles, troubles), wall.places(healthy, counts.healthy));
    const shownTiles = tiles.slice(0, shownOf(places.tiles, troubles));
    const shownNames = healthy.slice(0, shownOf(places.names, counts.healthy));
    const { size, columns, rows, nameColumns, nameRows } = places;
    const untiled = wall.rest(this.#parts, shownTiles.length);
    const label = band ? 'Also not well' : 'Not well';
    this.#tiles.show({
      services: shownTiles,
      impactOf: (id) => this.session.impacts.of(id),
      rest: untiled,
      size,
      columns,
      rows,
      label,
    });
    const unnamed = places.names === 0 ? 0 : counts.healthy - shownNames.length;
    this.#names.show({ services: shownNames, rest: unnamed, columns: nameColumns, rows: nameRows });
    const troubled = band ? [band, ...shownTiles] : shownTiles;
    this.#inView = (troubled.length > 0 ? troubled : healthy.slice(0, 1)).map(({ id }) => id);
    this.tick(this.session.now());
  }

  // box returns the size of the body in em.
  #box() {
    const em = Number.parseFloat(getComputedStyle(this.#body).fontSize);
    const { clientWidth, clientHeight } = this.#body;
    const block = (clientHeight / em) * (this.#message.hidden ? 1 : beside);
    return { inline: clientWidth / em, block: scrolls.matches ? Number.POSITIVE_INFINITY : block };
  }

  #showState(now) {
    const { connection, dataAt } = this.session;
    const barred = account.me.role === 'none';
    const stale = barred ? null : wall.staleness({ connection, at: dataAt(), watched: this.#inView.length > 0 }, now);
    this.#stale.hidden = stale === null;
    this.main.classList.toggle('not-live', stale !== null);
    setText(this.#stale.querySelector('h2'), stale?.title ?? '');
    setText(this.#stale.querySelector('p'), stale?.text ?? '');
    this.#live.hidden = stale !== null || barred;
    this.#live.className = `wall-live connection ${connection.mode}`;
    setText(this.#live.lastElementChild, wall.liveness(connection.mode, this.#parts.changed, now));
    setText(this.root.querySelector('.wall-clock'), timeOfDay(now));
  }

  #showSleep() {
    setText(this.root.querySelector('.wall-sleep'), wall.sleepiness(this.#awake.state, isSecureContext));
  }
}

// shownOf returns how many of a total are shown in so many places, of which the last is for the
// rest if not all fit.
function shownOf(places, total) {
  return places < total ? Math.max(0, places - 1) : total;
}
