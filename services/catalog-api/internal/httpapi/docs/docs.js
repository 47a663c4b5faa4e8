// Shows openapi.json as a page. All text reaches the page as text, never as markup.

const methods = ['get', 'post', 'put', 'patch', 'delete'];

/** An element with attributes and children; what is falsy is left out. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter(Boolean));
  return made;
}

/** A table that scrolls by itself where the window is narrow; nothing for no rows. */
function table(label, heads, rows) {
  if (rows.length === 0) return null;
  const body = rows.map(([first, ...others]) =>
    element('tr', {}, element('th', { scope: 'row' }, first), ...others.map((cell) => element('td', {}, cell))));
  return element('div', { class: 'table', tabindex: '0', role: 'region', 'aria-label': label },
    element('table', {},
      element('thead', {}, element('tr', {}, ...heads.map((head) => element('th', { scope: 'col' }, head)))),
      element('tbody', {}, ...body)));
}

/** The name of a schema that is defined elsewhere in the document. */
const refName = (schema) => schema.$ref?.split('/').pop();

/** What a value may be, in words; a shape of its own as a link. */
function typeOf(schema) {
  const name = refName(schema);
  if (name) return element('a', { href: `#schema-${name}` }, name);
  const cell = element('span');
  if (schema.type === 'array' || schema.type?.includes?.('array')) {
    cell.append('list of ', typeOf(schema.items));
  } else {
    cell.append([schema.type ?? 'any'].flat().join(' or '));
  }
  return cell;
}

/** The rules and the meaning of a value. */
function rulesOf(schema) {
  const from = schema.items ?? schema;
  const rules = [
    schema.description,
    from.enum && `One of ${from.enum.join(', ')}.`,
    from.maxLength && `At most ${from.maxLength} characters.`,
    schema.maxItems && `At most ${schema.maxItems}.`,
    schema.format && `Format ${schema.format}.`,
    schema.examples && `For example ${schema.examples.map((e) => JSON.stringify(e)).join(', ')}.`,
  ];
  return rules.filter(Boolean).join(' ');
}

const code = (text) => element('code', {}, text);

function parameters(operation, label) {
  const rows = (operation.parameters ?? []).map((p) => [code(p.name), p.in, p.description ?? rulesOf(p.schema)]);
  return rows.length > 0 && [element('h4', {}, 'Parameters'), table(`Parameters of ${label}`, ['Name', 'In', 'Meaning'], rows)];
}

function requestBody(operation) {
  const content = Object.entries(operation.requestBody?.content ?? {});
  if (content.length === 0) return null;
  const types = content.map(([type]) => code(type)).flatMap((part, i) => (i ? [' or ', part] : [part]));
  return [element('h4', {}, 'Body'), element('p', {}, typeOf(content[0][1].schema), ' as ', ...types)];
}

function responses(operation, label) {
  const rows = Object.entries(operation.responses).map(([status, response]) => {
    const [type, media] = Object.entries(response.content ?? {})[0] ?? [];
    return [code(status), response.description, media ? element('span', {}, typeOf(media.schema), ' as ', code(type)) : ''];
  });
  return [element('h4', {}, 'Answers'), table(`Answers of ${label}`, ['Status', 'When', 'Body'], rows)];
}

function operationArticle(method, path, operation) {
  const label = `${method.toUpperCase()} ${path}`;
  const parts = [parameters(operation, label), requestBody(operation), responses(operation, label)];
  return element('article', {},
    element('h3', { id: operation.operationId }, element('span', { class: 'method' }, method.toUpperCase()), ' ', code(path)),
    element('p', {}, [operation.summary, operation.description].filter(Boolean).join('. ')),
    ...parts.filter(Boolean).flat());
}

function schemaArticle(name, schema) {
  const rows = Object.entries(schema.properties ?? {}).map(([field, value]) => {
    const needed = schema.required?.includes(field) ? 'always' : 'may be absent';
    return [code(field), typeOf(value), needed, rulesOf(value)];
  });
  return element('article', {},
    element('h3', { id: `schema-${name}` }, name),
    schema.description && element('p', {}, schema.description),
    table(`Fields of ${name}`, ['Field', 'Type', 'There', 'Meaning'], rows));
}

function show(description) {
  const find = (id) => document.getElementById(id);
  find('about').textContent = description.info.description;
  for (const [path, item] of Object.entries(description.paths)) {
    for (const method of methods.filter((m) => item[m])) {
      const operation = item[method];
      find('contents').append(element('li', {}, element('a', { href: `#${operation.operationId}` }, operation.summary)));
      find('operation-list').append(operationArticle(method, path, operation));
    }
  }
  for (const [name, schema] of Object.entries(description.components.schemas)) {
    find('schema-list').append(schemaArticle(name, schema));
  }
  find('state').remove();
}

try {
  const response = await fetch(new URL('../openapi.json', import.meta.url));
  if (!response.ok) throw new Error(`status ${response.status}`);
  show(await response.json());
  document.getElementById(location.hash.slice(1))?.scrollIntoView(); // it was not there when the browser looked
} catch (error) {
  document.getElementById('state').textContent = `The description could not be read (${error.message}). Load the page again in a moment.`;
}
