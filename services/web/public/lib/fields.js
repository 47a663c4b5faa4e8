// What the form knows of a service's fields, without the form.

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
};

const urls = ['status_url', 'docs_url', 'github_url', 'dashboard_url'];

// toForm gives what the controls show of a service: texts by field, and a list of tags.
export function toForm(service) {
  const values = {};
  for (const field of Object.keys(labels)) values[field] = service[field] ?? '';
  return {
    ...values,
    tags: service.tags ?? [],
    status: service.status ?? 'unknown',
    interval: service.interval ?? '1m',
  };
}

// edited lists the fields that a person changed, given what the controls showed
// when the form was opened, and what they show now.
export function edited(opened, mine) {
  return Object.keys(labels).filter((field) => !same(opened[field], mine[field]));
}

// changes is what to send: those fields only, null for one that was emptied. The
// status is a person's to say only while there is no health URL, and must be said
// when that goes.
export function changes(opened, mine) {
  const body = {};
  for (const field of edited(opened, mine)) body[field] = field === 'tags' ? mine.tags : mine[field].trim() || null;
  if (body.status_url === null) body.status = mine.status;
  if (mine.status_url.trim() || !mine.status) delete body.status;
  return body;
}

// merge brings what others changed into a form, field by field: { taken, disputed },
// where taken has their value of each field that only they changed, and disputed
// names the fields that both did, to different values. base and theirs are toForm
// of the service before and now; opened and mine as for edited.
export function merge({ base, theirs, opened, mine }) {
  const touched = new Set(edited(opened, mine));
  // A status said by hand is lost to a health URL: whoever adds one says so.
  if (touched.has('status') && !mine.status_url) touched.add('status_url');
  const news = edited(base, theirs).filter((field) => field !== 'status' || !theirs.status_url);
  const open = news.filter((field) => !same(mine[field], theirs[field]));
  return {
    taken: Object.fromEntries(open.filter((field) => !touched.has(field)).map((field) => [field, theirs[field]])),
    disputed: open.filter((field) => touched.has(field)),
  };
}

// same says whether two values of a field are one to the server, which trims texts.
function same(a, b) {
  if (!Array.isArray(a)) return a.trim() === b.trim();
  return a.length === b.length && a.every((tag, i) => tag === b[i]);
}

// asText shows a field's value in a sentence.
export function asText(value) {
  return (Array.isArray(value) ? value.join(' · ') : value.trim()) || '(empty)';
}

// splitTags gives the tags in what a person typed: a comma ends one.
export function splitTags(text) {
  return text
    .split(',')
    .map((tag) => tag.trim())
    .filter(Boolean);
}

// room says how near a text is to the most characters that its field may have,
// once it matters, or "". The server counts characters as they are here, not the
// halves of them that maxlength counts.
export function room(text, most) {
  const left = most - [...text.trim()].length;
  if (left > most / 5) return '';
  const n = Math.abs(left).toLocaleString('en');
  return `${n} ${n === '1' ? 'character' : 'characters'} ${left < 0 ? 'too many' : 'left'}`;
}

// check finds what the server would refuse anyway in a body to send: [{ field,
// message }]. Only what needs no question to the server; the rest it says itself.
export function check(opened, body) {
  const errors = [];
  if (!(Object.hasOwn(body, 'name') ? body.name : opened.name))
    errors.push({ field: 'name', message: 'Enter a name.' });
  for (const field of urls) {
    if (body[field] && !isWebAddress(body[field])) {
      errors.push({ field, message: `Enter a web address that begins with http:// or https://.` });
    }
  }
  return errors;
}

// isWebAddress says whether text may become a link: javascript: and its like
// must not.
export function isWebAddress(text) {
  const url = URL.canParse(text) ? new URL(text) : null;
  return /^https?:\/\//i.test(text) && ['http:', 'https:'].includes(url?.protocol);
}

// byField puts a Problem's errors to the form's fields: { fields: { name: "…" },
// rest: "…" }. The rest, for no field, is told for the form as a whole; a name
// that is taken is told at the name.
export function byField(problem) {
  const fields = {};
  const rest = [];
  for (const { field = '', message } of problem.errors ?? []) {
    const name = field.replace(/\W.*$/, ''); // tags[3] is a matter of tags
    if (Object.hasOwn(labels, name)) fields[name] = fields[name] ? `${fields[name]} ${message}` : message;
    else rest.push(message);
  }
  if (problem.status === 409 && !fields.name) fields.name = problem.message;
  else if (Object.keys(fields).length === 0 && rest.length === 0) rest.push(problem.message);
  return { fields, rest: rest.join(' ') };
}
