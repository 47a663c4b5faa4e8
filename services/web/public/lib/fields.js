// The fields of a service's form, and what forms share, independent of the DOM.
import { entries, asText as needAsText, same as sameNeed, written } from './dependencies.js';

export const labels = {
  name: 'Name',
  team: 'Team',
  description: 'Description',
  status_url: 'Health URL',
  interval: 'Check interval',
  status: 'Status',
  docs_url: 'Docs URL',
  github_url: 'GitHub URL',
  dashboard_url: 'Dashboard URL',
  tags: 'Tags',
  depends_on: 'Needs',
};

// urls are the fields with web addresses.
export const urls = ['status_url', 'docs_url', 'github_url', 'dashboard_url'];

// toForm returns the values that the controls show: texts by field, a list of tags, and one of entries as in
// lib/dependencies.js.
export function toForm(service) {
  const values = {};
  for (const field of Object.keys(labels)) values[field] = service[field] ?? '';
  return {
    ...values,
    tags: service.tags ?? [],
    depends_on: entries(service.depends_on),
    status: service.status ?? 'unknown',
    interval: service.interval ?? '1m',
  };
}

// edited lists the fields that a person changed. opened has the values of the controls
// when the form was opened, mine those of now; known are the labels of the form's fields.
export function edited(opened, mine, known = labels) {
  return Object.keys(known).filter((field) => !same(opened[field], mine[field]));
}

// changes returns the body to send: the edited fields only, null for an emptied one. The
// status is included only without a health URL, and always when the health URL is removed.
export function changes(opened, mine) {
  const body = {};
  for (const field of edited(opened, mine)) body[field] = sent(field, mine[field]);
  if (body.status_url === null) body.status = mine.status;
  if (mine.status_url.trim() || !mine.status) delete body.status;
  return body;
}

function sent(field, value) {
  if (field === 'depends_on') return written(value);
  return field === 'tags' ? value : value.trim() || null;
}

// merge merges other people's changes into a form, field by field. It returns
// { taken, disputed }: taken has their value of each field that only they changed;
// disputed names the fields that both changed to different values. base and theirs are
// toForm of the service before and now; opened, mine and known are as for edited.
export function merge({ base, theirs, opened, mine, known = labels }) {
  const touched = new Set(edited(opened, mine, known));
  // A health URL overrides a status set by hand, so a change of the status also disputes
  // a health URL that others add.
  if (touched.has('status') && !mine.status_url) touched.add('status_url');
  const news = edited(base, theirs, known).filter((field) => field !== 'status' || !theirs.status_url);
  const open = news.filter((field) => !same(mine[field], theirs[field]));
  return {
    taken: Object.fromEntries(open.filter((field) => !touched.has(field)).map((field) => [field, theirs[field]])),
    disputed: open.filter((field) => touched.has(field)),
  };
}

// same reports whether two values of a field are equal to the server, which trims texts.
function same(a, b) {
  if (!Array.isArray(a)) return a.trim() === b.trim();
  return a.length === b.length && a.every((one, i) => (typeof one === 'string' ? one === b[i] : sameNeed(one, b[i])));
}

// asText formats a field's value for a sentence.
export function asText(value) {
  const said = (one) => (typeof one === 'string' ? one : needAsText(one));
  return (Array.isArray(value) ? value.map(said).join(' · ') : value.trim()) || '(empty)';
}

// splitTags splits typed text into tags at commas.
export function splitTags(text) {
  return text
    .split(',')
    .map((tag) => tag.trim())
    .filter(Boolean);
}

// room says how many characters a field has left, or "" while more than a fifth of most
// are. It counts code points as the server does; maxlength counts UTF-16 units.
export function room(text, most) {
  const left = most - [...text.trim()].length;
  if (left > most / 5) return '';
  const n = Math.abs(left).toLocaleString('en');
  return `${n} ${n === '1' ? 'character' : 'characters'} ${left < 0 ? 'too many' : 'left'}`;
}

// check returns the errors of a body that need no request to find: [{ field, message }]. links are the
// fields with web addresses. The server reports the others.
export function check(opened, body, links = urls) {
  const errors = [];
  if (!(Object.hasOwn(body, 'name') ? body.name : opened.name))
    errors.push({ field: 'name', message: 'Enter a name.' });
  for (const field of links) {
    if (body[field] && !isWebAddress(body[field])) {
      errors.push({ field, message: `Enter a web address that begins with http:// or https://.` });
    }
  }
  return errors;
}

// isWebAddress reports whether text may become a link: only http: and https: may, never
// javascript: and similar.
export function isWebAddress(text) {
  const url = URL.canParse(text) ? new URL(text) : null;
  return /^https?:\/\//i.test(text) && ['http:', 'https:'].includes(url?.protocol);
}

// byField maps a Problem's errors to a form's fields, by default a service's:
// { fields: { name: "…" }, rest: "…" }. rest is for the form as a whole: errors of no
// field. A conflict that names no field is one of the name. known has the names of the fields; those of
// controls within a list are paths, such as depends_on[3].note.
export function byField(problem, known = labels) {
  const fields = {};
  const rest = [];
  for (const { field = '', message } of problem.errors ?? []) {
    const name = nearest(field, known);
    if (name) fields[name] = fields[name] ? `${fields[name]} ${message}` : message;
    else rest.push(message);
  }
  if (Object.keys(fields).length > 0) return { fields, rest: rest.join(' ') };
  if (problem.status === 409) fields.name = problem.message;
  else if (rest.length === 0) rest.push(problem.message);
  return { fields, rest: rest.join(' ') };
}

// nearest returns the control of a path: its own, else the first within it, else that of the field.
function nearest(path, known) {
  if (Object.hasOwn(known, path)) return path;
  const within = path.endsWith(']') && Object.keys(known).find((name) => name.startsWith(`${path}.`));
  const field = path.replace(/\W.*$/, ''); // tags[3] belongs to tags
  return within || (Object.hasOwn(known, field) ? field : '');
}
