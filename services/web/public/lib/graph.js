// Which services need which, as a graph for a view of lib/graph-view.js. Independent of the DOM. A node is
// { id, name, team, status, service, size, hops, needs, neededBy }: service is undefined for a team, and for what is gone;
// size is the number of services of a team, else 0; hops is how far it is from the focus, null without one; needs and
// neededBy are the nodes beside it. An edge is { id, from, to, kind, size }: from needs to, and size is of how many needs
// it consists, which are its pairs. A kind is "hard", "soft", or "observed": nobody declared it, and traces show calls.
import { compare, survey } from './filter.js';
import { filters, wants } from './graph-view.js';
import { statuses } from './status.js';

const strongest = ['hard', 'soft', 'observed'];
const worst = Object.fromEntries(statuses.map((status, i) => [status, i]));

// Needs is what all services need, in both directions.
export class Needs {
  #services;
  #names = new Map(); // id → name of what is gone
  #out = new Map(); // id → [{ id, kind }], what it needs
  #in = new Map(); // id → [{ id, kind }], what needs it

  #calls = new Map(); // "from to" → what was seen, as in lib/calls.js

  // calls are those that were seen.
  constructor(services, calls = []) {
    this.#services = new Map(services.map((service) => [service.id, service]));
    for (const { id, depends_on: list } of services) {
      for (const { id: to, name, kind } of list) {
        if (!to || to === id) continue;
        if (!this.#services.has(to)) this.#names.set(to, name);
        add(this.#out, id, { id: to, kind });
        add(this.#in, to, { id, kind });
      }
    }
    for (const call of calls) this.#see(call);
  }

  #see(call) {
    const { from, to } = call;
    if (!this.#services.has(from) || !this.#services.has(to)) return;
    this.#calls.set(`${from} ${to}`, call);
    if (this.needs(from).some(({ id }) => id === to)) return;
    add(this.#out, from, { id: to, kind: 'observed' });
    add(this.#in, to, { id: from, kind: 'observed' });
  }

  // seen returns what was seen of the calls of a service to another, or undefined.
  seen(from, to) {
    return this.#calls.get(`${from} ${to}`);
  }

  get(id) {
    return this.#services.get(id);
  }

  // nameOf returns the name of a service, also of one that is gone.
  nameOf(id) {
    return this.#services.get(id)?.name ?? this.#names.get(id) ?? '';
  }

  services() {
    return [...this.#services.values()];
  }

  gone() {
    return [...this.#names.keys()];
  }

  needs(id) {
    return this.#out.get(id) ?? [];
  }

  neededBy(id) {
    return this.#in.get(id) ?? [];
  }

  // blast returns what stops working if a service does: { ids, hits, teams }, at any distance by hard needs. hits is
  // how many that are, and teams is [{ team }].
  blast(id) {
    const ids = [...walk(id, (one) => this.neededBy(one).filter(({ kind }) => kind === 'hard')).keys()].slice(1);
    const teams = new Set(ids.map((one) => this.#services.get(one)?.team).filter(Boolean));
    return { ids: new Set(ids), hits: ids.length, teams: [...teams].map((team) => ({ team })) };
  }
}

function add(lists, key, value) {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

// walk returns the distances of all that is at most `most` steps from a start, 0 for any number, in the order of
// their distance.
function walk(start, next, most = 0) {
  const far = new Map([[start, 0]]);
  const queue = [start];
  for (let i = 0; i < queue.length; i++) {
    const distance = far.get(queue[i]) + 1;
    if (most > 0 && distance > most) break;
    for (const { id } of next(queue[i])) {
      if (far.has(id)) continue;
      far.set(id, distance);
      queue.push(id);
    }
  }
  return far;
}

// graph returns what a view shows of needs: { nodes, edges, focus, alone, hidden, counts }, nodes and edges by their ids.
// focus is the node of the focus, undefined if there is none; alone is how many services of the view need nothing and are
// needed by nothing, hidden how many of its surroundings the filters hide, and counts as survey of lib/filter.js has them.
export function graph(needs, view) {
  const { shown: found, counts } = survey(needs.services(), view);
  const fits = new Set(found.map(({ id }) => id));
  if (filters(view) === 0) for (const id of needs.gone()) fits.add(id);
  const far = surroundings(needs, view);
  const focus = far ? view.focus : '';
  const shown = new Set();
  let alone = 0;
  for (const id of far?.keys() ?? fits) {
    if (id !== focus && !fits.has(id)) continue;
    if (far || touches(needs, id, view)) shown.add(id);
    else alone++;
  }
  const nodeOf = grouping(needs, view, focus);
  const nodes = new Map();
  for (const id of shown) join(nodes, nodeOf(id), needs, id, far?.get(id) ?? null);
  const edges = link(needs, view, shown, nodeOf, nodes);
  return {
    nodes: sorted(nodes),
    edges: sorted(edges),
    focus: nodes.get(focus),
    alone,
    hidden: far ? far.size - shown.size : 0,
    counts,
  };
}

// surroundings returns the distances from the focus, of what it needs and of what needs it, or null without one.
function surroundings(needs, view) {
  if (!view.focus || !needs.nameOf(view.focus)) return null;
  const wanted = (list) => list.filter(({ kind }) => wants(view, kind));
  const far = walk(view.focus, (id) => wanted(needs.needs(id)), view.hops);
  for (const [id, distance] of walk(view.focus, (one) => wanted(needs.neededBy(one)), view.hops)) {
    far.set(id, Math.min(distance, far.get(id) ?? distance));
  }
  return far;
}

function touches(needs, id, view) {
  const wanted = ({ kind }) => wants(view, kind);
  return needs.needs(id).some(wanted) || needs.neededBy(id).some(wanted);
}

// grouping returns the function that says in which node a service is: its own, or that of its team.
function grouping(needs, { by, open }, focus) {
  if (by !== 'team') return (id) => id;
  return (id) => {
    const service = needs.get(id);
    return !service || id === focus || open.includes(service.team) ? id : `team ${service.team ?? ''}`;
  };
}

function join(nodes, key, needs, id, hops) {
  const service = needs.get(id);
  const isTeam = key !== id;
  const node = nodes.get(key) ?? {
    id: key,
    name: isTeam ? service.team || 'No team' : needs.nameOf(id),
    team: service?.team ?? '',
    status: service?.status ?? 'unknown',
    service: isTeam ? undefined : service,
    gone: !service,
    size: 0,
    hops,
    needs: [],
    neededBy: [],
    members: [],
  };
  nodes.set(key, node);
  node.members.push(id);
  if (!isTeam) return;
  node.size++;
  if (worst[service.status] < worst[node.status]) node.status = service.status;
  if (hops < node.hops) node.hops = hops;
}

function link(needs, view, shown, nodeOf, nodes) {
  const edges = new Map();
  for (const id of shown) {
    for (const { id: needed, kind } of needs.needs(id)) {
      if (!shown.has(needed) || !wants(view, kind)) continue;
      const [from, to] = [nodeOf(id), nodeOf(needed)];
      if (from === to) continue;
      const key = `${from} > ${to}`;
      const edge = edges.get(key);
      if (!edge) {
        edges.set(key, { id: key, from, to, kind, size: 1, pairs: [[id, needed, kind]] });
        nodes.get(from).needs.push(to);
        nodes.get(to).neededBy.push(from);
      } else {
        edge.size++;
        edge.pairs.push([id, needed, kind]);
        if (strongest.indexOf(kind) < strongest.indexOf(edge.kind)) edge.kind = kind;
      }
    }
  }
  return edges;
}

function sorted(things) {
  return [...things.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

// structure returns a text that is the same for graphs with the same nodes and edges, whatever their states are.
export function structure({ nodes, edges }) {
  return [...nodes, ...edges].map(({ id }) => id).join('\n');
}

// fallen says what a fall reaches, by what impacts (lib/impacts.js) knows: { marks, edges }, of which marks is node id →
// "cause" or "hit", and edges has the ids of those that lead there. A soft need leads there too, but not on; calls that
// nobody declared lead nowhere.
export function fallen({ nodes, edges }, impacts) {
  const isCause = (id) => impacts.cause(id)?.hits > 0;
  const isHit = (id) => impacts.of(id) !== undefined;
  const marks = new Map();
  for (const { id, members } of nodes) {
    if (members.some(isCause)) marks.set(id, 'cause');
    else if (members.some(isHit)) marks.set(id, 'hit');
  }
  const reached = (id) => isCause(id) || isHit(id);
  const leads = ([from, to, kind]) => kind !== 'observed' && reached(to) && (kind === 'soft' || isHit(from));
  const led = edges.filter(({ to, pairs }) => marks.has(to) && pairs.some(leads));
  return { marks, edges: new Set(led.map(({ id }) => id)) };
}

// byHops and byTeam order nodes for a table.
export function byHops(a, b) {
  return a.hops - b.hops || compare(a.name, b.name);
}

export function byTeam(a, b) {
  return (
    (a.team === '') - (b.team === '') ||
    compare(a.team, b.team) ||
    worst[a.status] - worst[b.status] ||
    compare(a.name, b.name)
  );
}
