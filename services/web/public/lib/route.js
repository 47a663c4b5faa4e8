// Which page an address is of, and which clicks lead to another one.

const routes = [
  [/^\/$/, 'catalogue', []],
  [/^\/services\/([^/]+)\/?$/, 'service', ['id']],
];

// route gives the page of a path, and what the path says beside: { page, params }.
// An address that no page has is "nowhere".
export function route(path) {
  for (const [pattern, page, names] of routes) {
    const found = pattern.exec(path);
    if (found) return { page, params: Object.fromEntries(names.map((name, i) => [name, decoded(found[i + 1])])) };
  }
  return { page: 'nowhere', params: {} };
}

// address is the path of a service's page.
export function address(id) {
  return `/services/${encodeURIComponent(id)}`;
}

// leads gives the address that a click leads to within the portal, or "" when the
// browser is to follow it: to another place, a file or the API, or with a key or
// button that asks for something else.
export function leads({ button, ctrlKey, metaKey, altKey, shiftKey, defaultPrevented }, link, origin) {
  if (!link || defaultPrevented || button !== 0 || ctrlKey || metaKey || altKey || shiftKey) return '';
  if ((link.target && link.target !== '_self') || link.hasAttribute('download')) return '';
  const url = new URL(link.href);
  const elsewhere = url.origin !== origin || url.pathname.includes('.') || /^\/api(\/|$)/.test(url.pathname);
  return elsewhere || url.hash ? '' : url.pathname + url.search;
}

// decoded is a part of a path as it was meant; one that is broken stays as it is.
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
