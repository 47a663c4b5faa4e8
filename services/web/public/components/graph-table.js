// <graph-table> has a graph as a table: show(graph, { impacts, now, href, around, where }), with what lib/graph.js returns,
// href(node) the address behind a node, around(node) that of the graph around it, or "", and where what these depend on.
// It has the first rows, and more each time that its end comes near: a browser measures all of them for each new one.
import { byHops, byTeam } from '../lib/graph.js';
import { titled } from '../lib/graph-text.js';
import { fell } from '../lib/impact.js';
import { finish, nextFrame, reconcile, slices } from '../lib/reconcile.js';
import { ageless, same } from './graph-shapes.js';
import { showLink, showStatus } from './hit-box.js';
import { setText, stamp } from './template.js';

const page = 100; // rows

class GraphTable extends HTMLElement {
  #shown = null; // what was shown last: { graph, context }
  #most = page; // rows that are there
  #rows = new Map(); // id → element
  #keys = ''; // ids of the rows, in order
  #waits = false; // whether the next frame fills it
  #filling = new AbortController();

  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('graph-table'));
    const near = { rootMargin: '500px', scrollMargin: '500px' };
    new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && this.#grow(), near).observe(this.#more);
    this.#more.addEventListener('click', () => this.#grow());
    addEventListener('beforeprint', () => this.#shown && this.#finish());
  }

  show(graph, context) {
    if (context.where !== this.#shown?.context.where) this.#most = page;
    this.#shown = { graph, context };
    void this.#soon();
  }

  // soon fills the table in the next frame: the drawing begins in this one.
  async #soon() {
    if (this.#waits) return;
    this.#waits = true;
    await nextFrame();
    this.#waits = false;
    this.#fill();
  }

  get #more() {
    return this.querySelector('.graph-rest');
  }

  #grow() {
    this.#most += page;
    this.#fill();
  }

  // nodes returns those that have rows, in their order.
  #nodes() {
    const { graph } = this.#shown;
    return [...graph.nodes].sort(graph.focus ? byHops : byTeam).slice(0, this.#most);
  }

  #fill() {
    this.querySelector('table').classList.toggle('measured', Boolean(this.#shown.graph.focus));
    const nodes = this.#nodes();
    const keys = nodes.map(({ id }) => id).join('\n');
    if (this.#keys === keys) {
      for (const node of nodes) if (this.#rows.has(node.id)) this.#row(node);
      return;
    }
    this.#keys = keys;
    void this.#draw(nodes);
  }

  // draw offers more only after what is there: until then the end of the table is in view.
  async #draw(nodes) {
    this.#filling.abort();
    this.#filling = new AbortController();
    this.#more.hidden = true;
    const done = await slices(this.#steps(nodes), { signal: this.#filling.signal });
    const rest = this.#shown.graph.nodes.length - nodes.length;
    if (!done || rest === 0) return;
    this.#more.hidden = false;
    setText(this.#more, `Show more of the other ${rest.toLocaleString('en')}`);
  }

  // finish makes all rows at once, for paper.
  #finish() {
    this.#filling.abort();
    this.#more.hidden = true;
    this.#most = Number.POSITIVE_INFINITY;
    const nodes = this.#nodes();
    this.#keys = nodes.map(({ id }) => id).join('\n');
    finish(this.#steps(nodes));
  }

  #steps(nodes) {
    const byID = new Map(nodes.map((node) => [node.id, node]));
    for (const id of this.#rows.keys()) if (!byID.has(id)) this.#rows.delete(id);
    return reconcile(this.querySelector('tbody'), [...byID.keys()], (id) => this.#row(byID.get(id)));
  }

  #row(node) {
    const { impacts, now, href, around, where } = this.#shown.context;
    const element = this.#rows.get(node.id) ?? stamp('graph-row').firstElementChild;
    element.key = node.id;
    this.#rows.set(node.id, element);
    const { name, team, size, status, service, gone, hops, needs, neededBy } = node;
    const [cause] = impacts.of(node.id)?.causes ?? [];
    const state = [cause?.service.name, service, status, size, hops, needs.length, neededBy.length, where];
    if (same(element, ageless(node) || now, ...state)) return element;
    const find = (selector) => element.querySelector(selector);
    showStatus(find('.icon'), node);
    showLink(find('.graph-name'), href(node), titled(node));
    setText(find('.graph-team'), size > 0 ? '' : team);
    find('.graph-hit').hidden = !cause;
    if (cause) setText(find('.graph-hit bdi'), cause.service.name);
    const said = gone ? 'deleted' : service && status !== 'healthy' ? fell(service, now) : status;
    for (const room of ['graph-long', 'graph-brief']) {
      const part = find(`.${room}`);
      setText(part, said);
      part.className = `graph-state ${room} ${status}`;
    }
    setText(find('.graph-needs'), needs.length.toLocaleString('en'));
    setText(find('.graph-needed'), neededBy.length.toLocaleString('en'));
    setText(find('.graph-hops'), hops === null ? '' : hops.toLocaleString('en'));
    const link = find('.graph-around');
    const to = around(node);
    link.hidden = !to;
    if (to && link.getAttribute('href') !== to) link.href = to;
    setText(link.querySelector('bdi'), name);
    return element;
  }
}

customElements.define('graph-table', GraphTable);
