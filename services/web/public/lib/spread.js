// How a fall spread: when its cause fell, and when each service did that it hits. Independent of the DOM.
import { statuses } from './status.js';

const minute = 60_000;
const early = 2 * minute; // what needs a cause may be probed before it is

// causeOf returns the cause that a graph of lib/graph.js is about, as lib/impacts.js has it: the focus, else what hits it;
// without a focus the one that hits most, if it is in the graph. It returns undefined if there is none.
export function causeOf({ focus, byID }, impacts) {
  const hits = (cause) => cause?.hits > 0;
  if (!focus) return impacts.causes().find((cause) => hits(cause) && byID.has(cause.id));
  const near = (impacts.of(focus.id)?.causes ?? []).map(({ service }) => service.id);
  return [focus.id, ...near].map((id) => impacts.cause(id)).find(hits);
}

// spread returns the steps of a cause, in the order of time: [{ at, status, services }], of which at is a moment as in
// the API, and services are those that got the same status in the same minute. The cause has a step to itself. What was
// not right long before it has none.
export function spread(cause, services, impacts) {
  const from = Date.parse(cause.service.status_since ?? '') - early;
  const isHit = ({ id, status, status_since: since }) =>
    (status === 'degraded' || status === 'down') &&
    Date.parse(since ?? '') >= from &&
    impacts.of(id)?.causes.some(({ service }) => service.id === cause.id);
  const steps = new Map();
  for (const service of [cause.service, ...services.filter(isHit)]) {
    const { id, status, status_since: at } = service;
    const key = `${id === cause.id} ${status} ${minuteOf(at)}`;
    const step = steps.get(key);
    if (step) step.services.push(service);
    else steps.set(key, { at, status, services: [service] });
  }
  const rank = ({ status, services: [first] }) => (first.id === cause.id ? -1 : statuses.indexOf(status));
  const when = ({ at }) => minuteOf(at);
  return [...steps.values()].sort((a, b) => when(a) - when(b) || rank(a) - rank(b));
}

function minuteOf(at) {
  return Math.floor(Date.parse(at ?? '') / minute);
}
