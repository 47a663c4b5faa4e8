// The page of the graph, at "/graph": which services need which, what fell and whom that reaches, as a drawing and as
// a table. All is worked out from the services that the page has, and so it is live, and right at a moment.
import '../components/cause-notice.js';
import '../components/graph-drawing.js';
import '../components/graph-spread.js';
import '../components/graph-table.js';
import '../components/graph-tools.js';
import { setText } from '../components/template.js';
import { fallen, graph, Needs, structure } from '../lib/graph.js';
import { called, summary } from '../lib/graph-text.js';
import { around, filters, format, parse, toggled, whole } from '../lib/graph-view.js';
import { Placing } from '../lib/placing.js';
import { address } from '../lib/route.js';
import { causeOf } from '../lib/spread.js';
import { Page } from './page.js';

const frame = 16; // ms

export class GraphPage extends Page {
  root = document.querySelector('#graphPage');
  section = 'graph';
  #view = whole;
  #active = false;
  #scheduled = false;
  #needs = null; // of the services that are shown, null when they have changed
  #graph = null;
  #drawn = null; // the needs of which that is a part
  #structure = ''; // of it
  #shown = ''; // the address of the view that was last placed
  #placing = new Placing();
  #drawing = this.root.querySelector('graph-drawing');
  #table = this.root.querySelector('graph-table');
  #spread = this.root.querySelector('graph-spread');
  #tools = this.root.querySelector('graph-tools');
  #causes = this.root.querySelector('cause-notice');
  #state = this.root.querySelector('.graph-state-line');

  constructor(session) {
    super(session);
    this.#tools.addEventListener('view', ({ detail }) => this.#step(detail));
    this.#drawing.addEventListener('centre', ({ detail }) => this.#centre(detail));
    this.#drawing.addEventListener('unsaved', ({ detail }) =>
      session.toasts.warn([`The drawing was not saved: ${detail}`]),
    );
    for (const name of ['pointerover', 'focusin']) document.addEventListener(name, (event) => this.#expect(event));
    this.root.addEventListener('click', ({ target }) => {
      if (target.closest('[data-do="retry"]')) session.refresh();
      if (target.closest('[data-do="clear-graph"]')) this.#tools.clear();
    });
  }

  get title() {
    return this.#graph?.focus ? `Graph of ${this.#graph.focus.name}` : 'Graph';
  }

  enter({ search }) {
    this.#active = true;
    this.#view = parse(search);
    this.#needs = null;
    this.session.calls.want();
    this.#placing.prepare();
    this.root.ariaBusy = 'true';
    this.update(); // the click that led here has the page to show
  }

  // expect prepares for the graph when somebody points at a link to it, or has the focus there.
  #expect({ target }) {
    if (target.closest?.('a[href^="/graph"]')) this.#placing.prepare();
  }

  leave() {
    this.#active = false;
    this.#graph = null;
    this.#placing.end();
  }

  changed() {
    this.#needs = null;
    this.update();
  }

  tick() {
    this.session.calls.want();
  }

  // update schedules one render after the current frame, however much changed.
  update() {
    if (this.#scheduled || !this.#active) return;
    this.#scheduled = true;
    setTimeout(() => this.#draw(), frame);
  }

  causes(causes, now) {
    if (!this.#active) return;
    this.#causes.show(causes, now, false);
    this.#paint(false);
  }

  current() {
    const id = this.#drawing.current;
    return this.session.store.get(id) ? id : '';
  }

  focusFirst() {
    this.#drawing.focusFirst();
  }

  close() {
    if (this.#view.focus) this.#step({ ...this.#view, focus: '' });
  }

  // step shows another view, and adds a history entry for Back; letters of a search take none of their own.
  #step(view) {
    const typed = format({ ...view, q: '' }) === format({ ...this.#view, q: '' });
    this.#view = view;
    const to = this.session.keep(format(view));
    if (to !== location.pathname + location.search) history[typed ? 'replaceState' : 'pushState'](null, '', to);
    this.#draw();
  }

  #centre(id) {
    const { store } = this.session;
    if (store.get(id)) this.#step({ ...this.#view, focus: id });
  }

  #draw() {
    this.#scheduled = false;
    if (!this.#active) return;
    const { store, connection } = this.session;
    const known = connection.at !== null;
    const offline = !known && connection.mode === 'offline';
    this.root.ariaBusy = String(!known && !offline);
    this.root.querySelector('#graphFailed').hidden = !offline;
    setText(this.root.querySelector('#graphFailed p'), connection.why || 'The portal does not answer.');
    this.root.querySelector('.graph-columns').hidden = !known;
    if (!known) return;
    this.#needs ??= new Needs(store.values(), this.session.calls.list);
    this.#find();
    this.#drawn = this.#needs;
    this.#graph = graph(this.#drawn, this.#view);
    this.#graph.byID = new Map(this.#graph.nodes.map((node) => [node.id, node]));
    this.#structure = structure(this.#graph);
    this.#describe();
    void this.#place();
    this.#paint(false);
  }

  // find lets an address name the focus of the graph.
  #find() {
    const { focus } = this.#view;
    if (!focus || this.#needs.nameOf(focus)) return;
    const id = this.session.store.named(focus)?.id;
    if (id) this.#view = { ...this.#view, focus: id };
  }

  #describe() {
    const { nodes, focus, alone, counts } = this.#graph;
    const missing = Boolean(this.#view.focus) && !focus;
    const empty = nodes.length === 0 || missing;
    const why = missing ? 'missing' : filters(this.#view) > 0 || this.#view.kind ? 'filtered' : 'none';
    for (const one of this.root.querySelectorAll('[data-empty]')) one.hidden = !empty || one.dataset.empty !== why;
    const first = empty && why === 'none';
    this.#tools.hidden = first;
    for (const one of [this.#drawing, this.#table]) one.hidden = empty;
    setText(this.root.querySelector('#graphTitle'), this.title);
    setText(this.root.querySelector('.graph-summary'), first && alone === 0 ? '' : summary(this.#graph));
    this.#tools.show({ view: this.#view, focus, counts });
    this.session.retitle();
  }

  // place has the graph placed. What others change moves as little as can be; what a person chose is placed anew.
  async #place() {
    if (this.#graph.nodes.length === 0) return;
    const view = format(this.#view);
    try {
      const isNew = await this.#placing.place(this.#graph, this.#structure, view === this.#shown);
      if (!isNew || !this.#active) return;
      this.#say('');
      this.#paint(view !== this.#shown);
      this.#shown = view;
    } catch (problem) {
      this.#say(`The drawing failed: ${problem.message}. The table has the same.`);
      this.#drawing.hidden = true;
    }
  }

  #say(text) {
    setText(this.#state, text);
    this.#state.hidden = text === '';
  }

  // paint shows the states of all that is placed.
  #paint(fit) {
    if (!this.#graph) return;
    const { impacts } = this.session;
    const now = this.session.now();
    const where = this.session.keep(format(this.#view));
    const context = { impacts, now, where, href: (node) => this.#href(node), around: (node) => this.#around(node) };
    this.#table.show(this.#graph, context);
    this.#spread.show(causeOf(this.#graph, impacts), this.#drawn.services(), impacts, now);
    const placed = this.#placing.of(this.#structure);
    if (!placed) return;
    const fall = fallen(this.#graph, impacts);
    const needs = this.#drawn;
    const more = {
      isSure: impacts.known,
      blast: ({ id }) => needs.blast(id),
      called: (edge) => called(edge, needs, now),
    };
    this.#drawing.show({ ...context, graph: this.#graph, ...placed, fall, ...more }, fit);
  }

  // href leads to a service, and from a team to its services in the graph.
  #href({ id, name, team, size, gone }) {
    if (size === 0) return this.session.keep(address(gone ? id : name));
    const opened = team ? toggled(this.#view, 'open', team) : { ...this.#view, by: '' };
    return this.session.keep(format(opened));
  }

  #around({ id, service }) {
    return service && id !== this.#view.focus ? this.session.keep(around(id, this.#view.hops)) : '';
  }
}
