// A team's on-call plan as its form edits it, independent of the DOM. A form has one value for all of the plan,
// its text as JSON, so that two plans are the same if their texts are.
import { asText, byField as byName, edited } from './fields.js';
import { days } from './on-call.js';

export const planLabels = { on_call: 'On call' };

const personFields = ['name', 'email', 'phone', 'url'];

// isWhole reports whether all of a plan is known: an event has only its kind.
export function isWhole(plan) {
  return !plan?.kind || Boolean(plan[plan.kind]);
}

// toForm returns the value of the form.
export function toForm({ on_call: plan }) {
  return { on_call: write(plan) };
}

// write returns the text of a plan, and read the plan of a text.
export function write(plan) {
  return JSON.stringify(normal(plan));
}

export function read(text) {
  return JSON.parse(text);
}

// changes returns the body to send.
export function changes(opened, mine) {
  return Object.fromEntries(edited(opened, mine, planLabels).map((field) => [field, read(mine[field])]));
}

// normal returns a plan as it is sent: in one order, without what its kind does not have, and with null for
// empty texts.
function normal(plan) {
  if (!plan?.kind) return null;
  const part = { contact: person, rotation, calendar }[plan.kind];
  return { kind: plan.kind, [plan.kind]: part(plan[plan.kind] ?? {}) };
}

function person(known) {
  return Object.fromEntries(personFields.map((field) => [field, known?.[field]?.trim() || null]));
}

function rotation({ people = [], zone = '', starts = '', shift_days = 7, overrides = [] }) {
  const replaced = (overrides ?? []).map((one) => ({ from: one.from, until: one.until, person: person(one.person) }));
  return { people: people.map(person), zone: zone.trim(), starts, shift_days: Number(shift_days), overrides: replaced };
}

// The address of a calendar is only written: without one the portal keeps that which it has.
function calendar({ url, host }) {
  return { ...(host && { host }), ...(url?.trim() && { url: url.trim() }) };
}

// words says a plan, a line for each person.
export function words(plan) {
  if (!plan?.kind) return asText('');
  const part = plan[plan.kind];
  if (plan.kind === 'contact') return `Contact: ${personWords(part)}`;
  if (plan.kind === 'calendar')
    return `Calendar feed of ${part?.host ?? 'a new address'}${part?.url ? ', changed' : ''}`;
  if (!part) return 'Rotation';
  const { people, zone, starts, shift_days: length, overrides } = part;
  const replaced = (overrides ?? []).map(
    (one) => `${local(one.from)} to ${local(one.until)}: ${personWords(one.person)}`,
  );
  return [
    `Rotation, every ${days(length)} from ${local(starts)} ${zone}`,
    ...people.map((one, i) => `${i + 1}. ${personWords(one)}`),
    ...replaced,
  ].join('\n');
}

function personWords(known) {
  return personFields
    .map((field) => known?.[field])
    .filter(Boolean)
    .join(', ');
}

function local(time) {
  return (time ?? '').replace('T', ' ');
}

// located maps a Problem's errors to the controls of the form by their names, which are paths such as
// "on_call.rotation.people[3].email": an error belongs to the control of its path, else to the first within it,
// else to what it is within.
export function located(problem, names) {
  const errors = (problem.errors ?? []).map(({ field = '', message }) => ({ field: controlOf(field, names), message }));
  const fields = {};
  for (const { field, message } of errors) {
    if (field) fields[field] = fields[field] ? `${fields[field]} ${message}` : message;
  }
  const others = errors.filter(({ field }) => !field);
  if (Object.keys(fields).length > 0) return { fields, rest: others.map(({ message }) => message).join(' ') };
  return byName({ status: problem.status, message: problem.message, errors: others }, {});
}

function controlOf(path, names) {
  const within = (inner, outer) => inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
  return (
    names.find((name) => name === path) ??
    names.find((name) => within(name, path)) ??
    names.find((name) => within(path, name)) ??
    ''
  );
}

// nextStart returns the first handover that a new rotation proposes: the next Monday at 09:00.
export function nextStart(now) {
  const at = new Date(now);
  at.setDate(at.getDate() + ((8 - at.getDay()) % 7 || 7));
  const two = (n) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T09:00`;
}
