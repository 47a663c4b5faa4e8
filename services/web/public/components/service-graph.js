// <service-graph> draws what is next to a service: show(service, context) takes the service, or undefined if none is
// shown, and { store, impacts, calls, now, keep }: the services of the same time, lib/impacts.js, what lib/calls.js has,
// the time and the function that keeps a moment in an address. paint() shows the states anew. It bubbles what
// <graph-drawing> does. Nothing is placed before a person sees where it will be.
import { neededBy } from '../lib/dependencies.js';
import { fallen, graph, Needs, structure } from '../lib/graph.js';
import { called } from '../lib/graph-text.js';
import { format, whole } from '../lib/graph-view.js';
import { Placing } from '../lib/placing.js';
import { address } from '../lib/route.js';
import './graph-drawing.js';
import { setText, stamp } from './template.js';

const most = 60; // services that are drawn here: the graph's own page has room for more

class ServiceGraph extends HTMLElement {
  #service;
  #context = null;
  #isSeen = false;
  #placing = new Placing();
  #needs = null;
  #graph = null;
  #fitted = ''; // the id of the service for which all was shown

  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('service-graph'));
    new IntersectionObserver(([{ isIntersecting }]) => {
      this.#isSeen = isIntersecting;
      if (isIntersecting) this.#place();
    }).observe(this);
  }

  show(service, context) {
    if (service?.id !== this.#service?.id) this.#forget();
    this.#service = service;
    this.#context = context;
    this.#needs = service ? near(service, context) : null;
    this.#graph = service ? graph(this.#needs, { ...whole, focus: service.id, hops: 1 }) : null;
    const count = this.#graph?.nodes.length ?? 0;
    this.hidden = count < 2 || count > most;
    if (this.hidden) return;
    this.#graph.byID = new Map(this.#graph.nodes.map((node) => [node.id, node]));
    this.#place();
    this.paint();
  }

  paint() {
    const drawn = this.#graph;
    const placed = !this.hidden && drawn && this.#placing.of(structure(drawn));
    if (!placed) return;
    const { store, impacts, now, keep } = this.#context;
    const needs = this.#needs;
    let all; // what stops working with a service is more than what is drawn
    const time = now();
    const scene = {
      graph: drawn,
      ...placed,
      fall: fallen(drawn, impacts),
      isSure: true, // it is around the service
      now: time,
      where: keep(format(whole)),
      href: ({ id, name, gone }) => keep(address(gone ? id : name)),
      blast: ({ id }) => {
        all ??= new Needs(store.values());
        return all.blast(id);
      },
      called: (edge) => called(edge, needs, time),
    };
    const fit = this.#fitted !== this.#service.id;
    this.#fitted = this.#service.id;
    this.querySelector('graph-drawing').show(scene, fit);
  }

  #forget() {
    this.#placing.end();
    this.#fitted = '';
  }

  async #place() {
    if (!this.#isSeen || this.hidden || !this.#graph) return;
    const state = this.querySelector('.around-failed');
    try {
      if (!(await this.#placing.place(this.#graph, structure(this.#graph)))) return;
      state.hidden = true;
      this.paint();
    } catch (problem) {
      setText(state, `The drawing failed: ${problem.message}. The lists have the same.`);
      state.hidden = false;
    }
  }
}

// near returns what a service and those beside it need of each other.
function near(service, { store, calls }) {
  const touching = calls.filter(({ from, to }) => from === service.id || to === service.id);
  const ids = [
    service.id,
    ...service.depends_on.map(({ id }) => id),
    ...neededBy(service, store.values()).map(({ id }) => id),
    ...touching.flatMap(({ from, to }) => [from, to]),
  ];
  const services = [...new Set(ids)].map((id) => store.get(id)).filter(Boolean);
  const known = new Set(services.map(({ id }) => id));
  const own = services.map((one) =>
    one === service ? one : { ...one, depends_on: one.depends_on.filter(({ id }) => known.has(id)) },
  );
  return new Needs(own, calls);
}

customElements.define('service-graph', ServiceGraph);
