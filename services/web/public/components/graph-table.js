// <graph-table> has a graph as a table: show(graph, { impacts, now, href, around, where }), with what lib/graph.js returns,
// href(node) the address behind a node, around(node) that of the graph around it, or "", and where what these depend on.
import { byHops, byTeam } from '../lib/graph.js';
import { titled } from '../lib/graph-text.js';
import { fell } from '../lib/impact.js';
import { reconcile, slices } from '../lib/reconcile.js';
import { ageless, same } from './graph-shapes.js';
import { showLink, showStatus } from './hit-box.js';
import { setText, stamp } from './template.js';

class GraphTable extends HTMLElement {
  #rows = new Map(); // id → element
  #keys = ''; // ids of the rows, in order
  #filling = new AbortController();

  connectedCallback() {
    if (!this.firstElementChild) this.append(stamp('graph-table'));
  }

  show(graph, context) {
    const nodes = [...graph.nodes].sort(graph.focus ? byHops : byTeam);
    this.querySelector('table').classList.toggle('measured', Boolean(graph.focus));
    const byID = new Map(nodes.map((node) => [node.id, node]));
    const keys = [...byID.keys()];
    const row = (id) => this.#row(byID.get(id), context);
    if (this.#keys === keys.join('\n')) {
      for (const id of keys) if (this.#rows.has(id)) row(id);
      return;
    }
    this.#keys = keys.join('\n');
    for (const id of this.#rows.keys()) if (!byID.has(id)) this.#rows.delete(id);
    this.#filling.abort();
    this.#filling = new AbortController();
    void slices(reconcile(this.querySelector('tbody'), keys, row), { signal: this.#filling.signal, between: () => {} });
  }

  #row(node, { impacts, now, href, around, where }) {
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
