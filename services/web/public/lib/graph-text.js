// Texts about the nodes of a graph, as in lib/graph.js. mark is "cause", "hit" or undefined, as fallen says; now is the
// server's time in ms.
import { seen } from './calls.js';
import { count } from './format.js';
import { fell, lasting, whom } from './impact.js';

const number = (n) => n.toLocaleString('en');

// about is the second line of a node: parts of which a person's is { name }.
export function about(node, mark, now) {
  const team = node.team && node.size === 0 ? [{ name: node.team }] : [];
  const state = stateOf(node, mark, now);
  return team.length > 0 && state ? [...team, ` · ${state}`] : [...team, state].filter(Boolean);
}

function stateOf({ size, status, gone, service }, mark, now) {
  if (gone) return 'deleted';
  if (size > 0) return status === 'healthy' || status === 'unknown' ? count(size) : `${count(size)}, ${status}`;
  if (mark === 'cause') return fell(service, now);
  if (status === 'healthy') return mark === 'hit' ? 'still healthy' : '';
  return status === 'unknown' ? '' : lasting(service, now) || status;
}

// label says a node to who cannot see it: "Ledger, Payments, down 3 min, needs 3, needed by 5".
export function label(node, mark, now) {
  const { team, size, status, service, gone, needs, neededBy } = node;
  const state = service
    ? status === 'healthy'
      ? status
      : fell(service, now)
    : gone
      ? 'deleted'
      : `${count(size)}, worst ${status}`;
  const parts = [titled(node), size > 0 ? '' : team, state];
  if (mark) parts.push(mark === 'cause' ? 'hits others' : 'hit');
  parts.push(`needs ${number(needs.length)}`, `needed by ${number(neededBy.length)}`);
  return parts.filter(Boolean).join(', ');
}

// titled is the name of a node, where it stands alone.
export function titled({ name, team, size }) {
  return size > 0 && team ? `Team ${name}` : name;
}

// blasted says what stops working if a node does, as parts for setWords; blast is what Needs.blast returns.
export function blasted({ name, size }, blast) {
  if (size > 0) return [{ name }, `: ${count(size)}`];
  if (blast.hits === 0) return [{ name }, ': nothing needs it to work'];
  return [{ name }, `: ${whom(blast)} ${blast.hits === 1 ? 'needs' : 'need'} it to work`];
}

// called says a need that was seen to who points at it, "" if nobody saw it.
export function called({ size, pairs }, needs, now) {
  if (size !== 1) return '';
  const [[from, to, kind]] = pairs;
  const call = needs.seen(from, to);
  if (!call) return '';
  const declared = kind === 'observed' ? 'Not declared.' : '';
  return [`${needs.nameOf(from)} calls ${needs.nameOf(to)}: ${seen(call, now)}.`, declared].filter(Boolean).join(' ');
}

// summary says how large a graph is, and what is not in it.
export function summary({ nodes, edges, focus, alone, hidden }) {
  const services = nodes.reduce((sum, { size }) => sum + (size || 1), 0);
  const kinds = edges.flatMap(({ pairs }) => pairs.map(([, , kind]) => kind));
  const only = kinds.filter((kind) => kind === 'observed').length;
  const needs = kinds.length - only;
  const undeclared = only > 0 ? `, and ${number(only)} that ${only === 1 ? 'is' : 'are'} only seen in traces` : '';
  const parts = [`${count(services)}, ${number(needs)} ${needs === 1 ? 'need' : 'needs'}${undeclared}.`];
  if (focus && hidden > 0) parts.push(`Filters hide ${number(hidden)} more.`);
  if (alone > 0)
    parts.push(`${count(alone)} ${alone === 1 ? 'needs nothing and is' : 'need nothing and are'} needed by nothing.`);
  return parts.join(' ');
}
