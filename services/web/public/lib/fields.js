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

// toForm gives each field as the text that its control shows.
export function toForm(service) {
  const text = {};
  for (const name of Object.keys(labels)) text[name] = service[name] ?? '';
  return {
    ...text,
    tags: (service.tags ?? []).join(', '),
    status: service.status ?? 'unknown',
    interval: service.interval ?? '1m',
  };
}

// toBody gives the form's texts as the API takes them. The status is a person's
// to say only while there is no health URL; empty means unset.
export function toBody(texts) {
  const body = {};
  for (const name of Object.keys(labels)) body[name] = (texts[name] ?? '').trim();
  body.tags = [
    ...new Set(
      body.tags
        .split(',')
        .map((tag) => tag.trim())
        .filter(Boolean),
    ),
  ];
  if (body.status_url || !body.status) delete body.status;
  return body;
}

// check finds what the server would refuse anyway: [{ field, message }]. Only
// what needs no question to the server; the rest it says itself.
export function check(body) {
  const errors = [];
  if (!body.name) errors.push({ field: 'name', message: 'Enter a name.' });
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

// differences lists the fields that two services have different, as
// [{ field, label, before, theirs }], the values as text. What probes
// measure is no field, and neither is a status that a probe owns.
export function differences(mine, theirs) {
  const [a, b] = [toForm(mine), toForm(theirs)];
  return Object.keys(labels)
    .filter((field) => a[field] !== b[field] && !(field === 'status' && theirs.status_url))
    .map((field) => ({ field, label: labels[field], before: a[field], theirs: b[field] }));
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
