// notes(nodes) builds elements of the notes of a release: a tree as the API gives it, of which
// every text is text, and every link leads to a page of http or https.

const elements = {
  paragraph: 'p',
  heading: 'p',
  item: 'li',
  quote: 'blockquote',
  emphasis: 'em',
  strong: 'strong',
  strikethrough: 'del',
  code: 'code',
  code_block: 'pre',
  break: 'br',
};

export function notes(nodes) {
  const all = document.createDocumentFragment();
  all.append(...nodes.map(node));
  return all;
}

function node({ kind, text, url, ordered, children = [] }) {
  if (kind === 'text') return text;
  if (kind === 'link') return link(url, children);
  const name = kind === 'list' ? (ordered ? 'ol' : 'ul') : elements[kind];
  if (!name) return notes(children); // of a later version
  const element = document.createElement(name);
  if (kind === 'heading') element.className = 'notes-heading'; // not one of the page's own
  element.append(text ?? '', notes(children));
  return element;
}

function link(url, children) {
  if (!/^https?:\/\//.test(url)) return notes(children);
  const a = document.createElement('a');
  a.href = url;
  a.target = '_blank';
  a.rel = 'noopener noreferrer';
  a.append(notes(children));
  return a;
}
