// <graph-drawing> draws a graph: show(scene, fit) takes { graph, places, lines, fall, isSure, now, href, where, blast }, with
// what lib/graph.js and worker/layered.js return, isSure whether it is known by now what fell, href(node) the address
// behind a node, where what these depend on, and blast(node) what stops working with it.
// fit says whether all is to be seen again. Where only states differ, only the shapes that do are changed. It
// bubbles "centre" (detail the id of a node), for a person who wants what is around it, and "unsaved" (detail why) if it
// cannot be kept as a file.
import { blasted } from '../lib/graph-text.js';
import { walkFrom } from '../lib/graph-walk.js';
import { size } from '../lib/node-size.js';
import { finish, nextFrame, reconcile, slices } from '../lib/reconcile.js';
import { Camera } from './graph-camera.js';
import { save } from './graph-picture.js';
import { ageless, newEdge, newNode, same, set, shape, showEdge, showNode } from './graph-shapes.js';
import { setText, setWords, stamp, tell } from './template.js';

const readable = 0.85; // the scale below which texts are too small at first
const many = 250; // nodes from which on only those are drawn that are seen
const rest = 80; // ms that a pointer stays on a node before its blast radius is shown
const zooms = { '+': 1.25, '=': 1.25, '-': 0.8 };

class GraphDrawing extends HTMLElement {
  #svg;
  #camera;
  #scene = null;
  #elements = new Map(); // id of a node or an edge → its element
  #drawing = new AbortController();
  #drawn = Promise.resolve(); // when all of the scene is there
  #current = ''; // id of the node that Tab leads to
  #traced = ''; // id of the node whose blast radius is shown
  #fitted = true; // whether nobody has moved or scaled it
  #isSure = true; // whether it was known what fell when it was fitted
  #timer = 0;
  #following = false; // whether what comes into view is being drawn
  #isBehind = false; // whether the view has moved since that began
  #isPrinted = false;
  #order = []; // nodes as they are read

  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('graph-drawing'));
    this.#svg = this.querySelector('.graph-svg');
    this.#camera = new Camera(this.#svg);
    this.#camera.addEventListener('move', () => this.#moved());
    this.#camera.addEventListener('steer', () => {
      this.#fitted = false;
    });
    for (const button of this.querySelectorAll('[data-zoom]'))
      button.addEventListener('click', () => this.#zoom(button.dataset.zoom));
    for (const button of this.querySelectorAll('[data-save]'))
      button.addEventListener('click', () => this.#save(button.dataset.save));
    // Not on the <svg>: browsers take one that listens for the focus for a control.
    this.addEventListener('keydown', (event) => this.#key(event));
    this.addEventListener('focusin', ({ target }) => this.#focused(target.closest('.node')));
    this.addEventListener('focusout', () => this.#trace(''));
    this.#svg.addEventListener('pointerover', ({ target }) => this.#point(target.closest('.node')?.key ?? ''));
    this.#svg.addEventListener('pointerleave', () => this.#point(''));
    addEventListener('beforeprint', () => {
      this.#isPrinted = true;
      if (!this.#scene) return;
      this.#drawAll();
      this.#camera.print(true);
    });
    addEventListener('afterprint', () => {
      this.#isPrinted = false;
      if (this.#scene) this.#camera.print(false);
    });
    new ResizeObserver(() => this.#scene && this.#resized()).observe(this.#svg);
  }

  show(scene, fit) {
    const other = scene.places !== this.#scene?.places;
    this.#scene = scene;
    if (other) {
      this.#prepare();
      this.#measure();
    }
    const isLate = scene.isSure && !this.#isSure && this.#fitted; // what fell can be known later than the services
    if (fit || isLate) this.#fit(true);
    if (other)
      this.#drawn = this.#draw(nextFrame()); // this one has the whole page to show
    else this.#repaint();
  }

  // focusFirst moves the focus to the node that Tab leads to.
  focusFirst() {
    this.#element(this.#current)?.focus({ preventScroll: true });
  }

  // current returns the id of the node that has the focus, or "".
  get current() {
    return document.activeElement?.closest('.node')?.key ?? '';
  }

  #element(id) {
    return this.#elements.get(id);
  }

  #repaint() {
    const { graph } = this.#scene;
    for (const edge of graph.edges) if (this.#elements.has(edge.id)) this.#edge(edge);
    for (const node of graph.nodes) if (this.#elements.has(node.id)) this.#node(node);
  }

  // moved draws what has come into view. A view that moves on waits for what is being drawn, or on a slow machine
  // nothing would ever be.
  async #moved() {
    this.#isBehind = true;
    if (!this.#scene || this.#scene.graph.nodes.length < many || this.#following) return;
    this.#following = true;
    for (; this.#isBehind; await this.#drawn) {
      await new Promise(requestAnimationFrame);
      this.#isBehind = false;
      this.#drawn = this.#draw();
    }
    this.#following = false;
  }

  // drawAll draws at once what is out of view too, for what shows all.
  #drawAll() {
    this.#drawing.abort();
    finish(this.#steps(() => true));
    this.ariaBusy = null;
  }

  // seen returns the function that says whether points, with a node around each, may be in view.
  #seen() {
    if (this.#isPrinted || this.#scene.graph.nodes.length < many) return () => true;
    const { left, top, right, bottom } = this.#camera.view;
    const [x, y] = [size.width / 2, size.height / 2];
    return (points) =>
      points.some((at) => at[0] > left - x) &&
      points.some((at) => at[0] < right + x) &&
      points.some((at) => at[1] > top - y) &&
      points.some((at) => at[1] < bottom + y);
  }

  // draw makes the shapes match the scene, a few in each frame, after a pause if there is one.
  async #draw(pause) {
    this.#drawing.abort();
    this.#drawing = new AbortController();
    const { signal } = this.#drawing;
    this.ariaBusy = 'true';
    if (pause) await pause;
    if (signal.aborted) return;
    if (await slices(this.#steps(this.#seen()), { signal })) this.ariaBusy = null;
    const traced = this.#traced;
    this.#traced = '';
    this.#trace(traced);
  }

  // steps draws what isSeen says of its points; the node that Tab leads to is always there.
  *#steps(isSeen) {
    const { graph, places, lines } = this.#scene;
    const byID = new Map([...graph.nodes, ...graph.edges].map((one) => [one.id, one]));
    const part = (name) => this.querySelector(`.graph-${name}`);
    const near = this.#order.filter(({ id }) => id === this.#current || isSeen([[places.get(id).x, places.get(id).y]]));
    const edges = graph.edges.filter(({ id }) => isSeen(lines.get(id)));
    const counted = edges.filter(({ size: n }) => n > 1).map(({ id }) => id);
    yield* reconcile(
      part('nodes'),
      near.map(({ id }) => id),
      (id) => this.#node(byID.get(id)),
    );
    yield* reconcile(
      part('edges'),
      edges.map(({ id }) => id),
      (id) => this.#edge(byID.get(id)),
    );
    yield* reconcile(part('counts'), counted, (id) => this.#count(byID.get(id)));
  }

  // prepare forgets what another graph had.
  #prepare() {
    const { graph, places, fall } = this.#scene;
    const known = new Set([...graph.nodes, ...graph.edges].flatMap(({ id }) => [id, countOf(id)]));
    for (const id of this.#elements.keys()) if (!known.has(id)) this.#elements.delete(id);
    this.#order = inOrder(graph.nodes, places);
    if (places.has(this.#current)) return;
    const [first] = this.#order;
    this.#current = (graph.focus ?? this.#order.find(({ id }) => fall.marks.get(id) === 'cause') ?? first)?.id ?? '';
  }

  #node({ id }) {
    const { graph, places, fall, href, now, where } = this.#scene;
    const node = graph.byID.get(id);
    const element = this.#elements.get(id) ?? newNode(node);
    this.#elements.set(id, element);
    const [place, mark, centre] = [places.get(id), fall.marks.get(id), graph.focus === node];
    const { service, status, needs, neededBy, size: services } = node;
    const state = [place, mark, centre, service, status, services, needs.length, neededBy.length, where];
    if (!same(element, ageless(node) || now, ...state)) {
      showNode(element, { node, place, mark, href: href(node), centre, now });
    }
    set(element, 'tabindex', id === this.#current ? 0 : -1);
    return element;
  }

  #edge(edge) {
    const { lines, fall, called } = this.#scene;
    const element = this.#elements.get(edge.id) ?? newEdge(edge);
    this.#elements.set(edge.id, element);
    const [points, hit] = [lines.get(edge.id), fall.edges.has(edge.id)];
    const said = called(edge);
    if (!same(element, points, hit, edge.kind, said)) showEdge(element, { edge, points, hit, said });
    return element;
  }

  #count(edge) {
    const element = this.#elements.get(countOf(edge.id)) ?? shape('text', { class: 'count' });
    this.#elements.set(countOf(edge.id), element);
    element.key = edge.id;
    const points = this.#scene.lines.get(edge.id);
    const [[fromX, fromY], [toX, toY]] = points;
    set(element, 'x', (fromX + toX) / 2);
    set(element, 'y', (fromY + toY) / 2 + 4);
    setText(element, edge.size.toLocaleString('en'));
    return element;
  }

  // measure tells the camera where all is, and keeps no more room for it than it needs.
  #measure() {
    const places = [...this.#scene.places.values()];
    const side = (axis, half) =>
      places.reduce(([from, to], at) => [Math.min(from, at[axis] - half), Math.max(to, at[axis] + half)], [1e9, -1e9]);
    const [left, right] = side('x', size.width / 2 + 4);
    const [top, bottom] = side('y', size.height / 2 + 4);
    this.#camera.bounds = { left, right, top, bottom };
    this.#svg.style.setProperty('--drawn', `${Math.ceil(bottom - top) + 56}px`);
  }

  // fit shows all: at first not smaller than one can read.
  #fit(atFirst) {
    const { graph, places, isSure } = this.#scene;
    const around = places.get(graph.focus?.id ?? '') ?? places.get(this.#cause());
    this.#camera.fit(atFirst ? readable : 0, atFirst ? (around ?? null) : null);
    this.#fitted = atFirst;
    this.#isSure = isSure;
  }

  #cause() {
    return [...this.#scene.fall.marks].find(([, mark]) => mark === 'cause')?.[0];
  }

  #resized() {
    if (this.#fitted && !this.#isPrinted && !this.#svg.contains(document.activeElement)) this.#fit(true);
  }

  #zoom(how) {
    if (how === 'fit') this.#fit(false);
    else this.#camera.zoom(zooms[how]);
    this.#fitted = false;
  }

  async #save(format) {
    try {
      await this.#drawn;
      this.#drawAll();
      const name = this.#scene.graph.focus?.name;
      await save(this.#svg, name ? `Graph of ${name}` : 'Graph', format);
    } catch (problem) {
      tell(this, 'unsaved', problem.message);
    }
  }

  #key(event) {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey) return;
    const id = this.current;
    if (!id) return;
    const { graph, places } = this.#scene;
    const to = walkFrom(graph, places, id, key);
    if (to === undefined && key !== 'f' && key !== '0' && !(key in zooms)) return;
    event.preventDefault();
    if (to !== undefined) this.#walk(to);
    else if (key === 'f') tell(this, 'centre', id);
    else this.#zoom(key === '0' ? 'fit' : key);
  }

  // walk moves the focus to a node, which may not have been in view.
  #walk(id) {
    if (!this.#elements.get(id)?.isConnected) {
      this.#current = id;
      this.#camera.reveal(this.#scene.places.get(id), size);
      finish(this.#steps(this.#seen()));
    }
    this.#elements.get(id).focus({ preventScroll: true });
  }

  #focused(element) {
    if (!element) return;
    if (element.key !== this.#current) {
      this.#element(this.#current)?.setAttribute('tabindex', -1);
      this.#current = element.key;
      element.setAttribute('tabindex', 0);
    }
    if (element.matches(':focus-visible')) {
      this.#svg.scrollIntoView({ block: 'nearest' });
      this.#camera.reveal(this.#scene.places.get(element.key), size);
      this.#fitted = false;
    }
    this.#trace(element.key);
  }

  // point waits for a pointer to rest, so that one that passes changes nothing.
  #point(id) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#trace(id || this.current), rest);
  }

  // trace shows what stops working if a node does; "" shows all again.
  #trace(id) {
    if (id === this.#traced || !this.#scene) return;
    this.#traced = id;
    const { graph, blast } = this.#scene;
    const node = graph.byID.get(id);
    const said = this.querySelector('.graph-said');
    said.hidden = !node;
    this.#svg.classList.toggle('traced', Boolean(node));
    for (const lit of this.#svg.querySelectorAll('[data-lit]')) lit.removeAttribute('data-lit');
    if (!node) return;
    const hit = blast(node);
    setWords(said, blasted(node, hit));
    const reached = new Set(
      graph.nodes
        .filter(({ id: one, members }) => one === id || members.some((each) => hit.ids.has(each)))
        .map((one) => one.id),
    );
    for (const one of reached) this.#element(one)?.setAttribute('data-lit', '');
    for (const { id: one, from, to, kind } of graph.edges) {
      if (kind === 'hard' && reached.has(from) && reached.has(to)) this.#element(one)?.setAttribute('data-lit', '');
    }
  }
}

const countOf = (id) => `count ${id}`;

// inOrder sorts nodes as they are read: by columns, from the top.
function inOrder(nodes, places) {
  return [...nodes].sort((a, b) => {
    const [one, other] = [places.get(a.id), places.get(b.id)];
    return one.x - other.x || one.y - other.y;
  });
}

customElements.define('graph-drawing', GraphDrawing);
