// Maps addresses to pages, and clicks to addresses.

const routes = [
  [/^\/$/, 'catalogue', []],
  [/^\/access\/?$/, 'access', []],
  [/^\/services\/([^/]+)\/?$/, 'service', ['id']],
  [/^\/graph\/?$/, 'graph', []],
  [/^\/scorecards\/?$/, 'scorecards', []],
  [/^\/teams\/?$/, 'teams', []],
  [/^\/teams\/([^/]+)\/?$/, 'team', ['team']],
];

// route returns the page of a path and the path's parameters: { page, params }. An
// unknown path has the page "notFound". The wall is a view like the catalogue, and so it has
// the catalogue's path, with "wall" in the search. A team is named by its slug or, in a path as in
// the search, by its name.
export function route(path, search = '') {
  const asked = new URLSearchParams(search);
  if (path === '/' && asked.has('wall')) return { page: 'wall', params: {} };
  if (/^\/teams\/?$/.test(path) && asked.get('name')) return { page: 'team', params: { name: asked.get('name') } };
  for (const [pattern, page, names] of routes) {
    const found = pattern.exec(path);
    if (found) return { page, params: Object.fromEntries(names.map((name, i) => [name, decoded(found[i + 1])])) };
  }
  return { page: 'notFound', params: {} };
}

// address returns the path of a service's page.
export function address(id) {
  return `/services/${encodeURIComponent(id)}`;
}

// teamAddress returns the path of a team's page, and teamNamed the address by the word by which services
// name it, which leads there.
export function teamAddress(slug) {
  return `/teams/${encodeURIComponent(slug)}`;
}

export function teamNamed(word) {
  return `/teams?${new URLSearchParams({ name: word })}`;
}

// internalTarget returns the address within the portal that a click on a link leads to.
// It returns "" if the browser is to handle the click: for another site, a file or the
// API, and with a modifier key or another button.
export function internalTarget({ button, ctrlKey, metaKey, altKey, shiftKey, defaultPrevented }, link, origin) {
  if (!link || defaultPrevented || button !== 0 || ctrlKey || metaKey || altKey || shiftKey) return '';
  const { target, href } = attributes(link);
  if ((target && target !== '_self') || link.hasAttribute('download')) return '';
  const url = new URL(href, origin);
  const elsewhere = url.origin !== origin || url.pathname.includes('.') || /^\/api(\/|$)/.test(url.pathname);
  return elsewhere || url.hash ? '' : url.pathname + url.search;
}

// attributes returns target and href of a link, which in a drawing are objects.
function attributes({ target, href }) {
  return { target: target?.baseVal ?? target, href: href.baseVal ?? href };
}

// decoded decodes a part of a path; a malformed one is returned unchanged.
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
