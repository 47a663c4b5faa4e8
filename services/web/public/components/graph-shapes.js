// The shapes of a drawing of a graph: nodes and edges as SVG elements, which are changed only where they differ.
import { about, label } from '../lib/graph-text.js';
import { size } from '../lib/node-size.js';
import { quoted, setText } from './template.js';

const namespace = 'http://www.w3.org/2000/svg';
const left = 30; // px, where texts begin
const room = size.width - left - 10;

// shape makes an SVG element with attributes.
export function shape(name, attributes = {}) {
  const element = document.createElementNS(namespace, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

// newNode makes the element of a node, and newEdge that of an edge.
export function newNode({ id, size: services }) {
  const element = shape('a', { tabindex: -1 });
  const box = { width: size.width, height: size.height, rx: 8 };
  element.key = id;
  element.append(
    shape('title'),
    ...(services > 0 ? [shape('rect', { ...box, class: 'under', x: 4, y: 4 })] : []),
    shape('rect', { ...box, class: 'box' }),
    shape('use', { x: 10, y: 9, width: 14, height: 14 }),
    shape('text', { x: left, y: 20 }),
    shape('text', { x: left, y: 36, class: 'sub' }),
  );
  return element;
}

export function newEdge({ id }) {
  const element = shape('path');
  element.key = id;
  return element;
}

// showNode shows a node at a place: { node, place, mark, href, centre, now }.
export function showNode(element, { node, place, mark, href, centre, now }) {
  const { name, status, gone, size: services } = node;
  set(
    element,
    'class',
    ['node', status, mark, gone && 'gone', services > 0 && 'group', centre && 'centre'].filter(Boolean).join(' '),
  );
  set(element, 'transform', `translate(${place.x - size.width / 2} ${place.y - size.height / 2})`);
  set(element, 'href', href);
  const parts = about(node, mark, now);
  const whole = parts.map((part) => part.name ?? part).join('');
  set(element, 'aria-label', label(node, mark, now));
  const find = (selector) => element.querySelector(selector);
  setText(find('title'), whole ? `${name}\n${whole}` : name);
  set(find('use'), 'href', `#graph-${status}`);
  const [first, second] = element.querySelectorAll('text');
  write(first, [{ name }]);
  write(second, parts);
}

// showEdge shows an edge along its points: { edge, points, hit, said }, of which said is what a pointer tells.
export function showEdge(element, { edge, points, hit, said }) {
  const state = [edge.kind === 'hard' ? '' : edge.kind, hit && 'hit'].filter(Boolean);
  set(element, 'class', ['edge', ...state].join(' '));
  set(element, 'marker-end', hit ? 'url(#graph-to-hit)' : 'url(#graph-to)');
  set(element, 'd', curve(points));
  if (said && !element.firstElementChild) element.append(shape('title'));
  if (element.firstElementChild) setText(element.firstElementChild, said);
}

// curve returns the path along points, as worker/layered.js has them: a curve between two columns, a line through one.
function curve(points) {
  const parts = [`M${points[0]}`];
  for (let i = 1; i < points.length; i++) {
    const [x, y] = points[i];
    const [beforeX, beforeY] = points[i - 1];
    const middle = (x + beforeX) / 2;
    parts.push(i % 2 ? `C${middle},${beforeY} ${middle},${y} ${x},${y}` : `L${x},${y}`);
  }
  return parts.join('');
}

// same reports whether an element shows these values already, and notes that it does.
export function same(element, ...values) {
  const shown = element.shown ?? [];
  element.shown = values;
  return shown.length === values.length && values.every((value, i) => value === shown[i]);
}

// ageless reports whether nothing that is said of a node depends on the time.
export function ageless({ service, status }) {
  return !service || status === 'healthy';
}

export function set(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

// write writes parts, of which that of a person is { name }, cut to the room of a node.
function write(element, parts) {
  const whole = parts.map((part) => part.name ?? part).join('');
  if (element.whole === whole) return;
  element.whole = whole;
  const [person, rest] = parts[0]?.name === undefined ? ['', whole] : [parts[0].name, parts.slice(1).join('')];
  const font = element.classList.contains('sub') ? 'sub' : 'name';
  const cut = person && shortened(person, font, room - width(rest, font));
  setText(element, cut ? `${quoted(cut)}${rest}` : rest);
}

const measure = document.createElement('canvas').getContext('2d');
const fonts = { name: '600 13px', sub: '400 11.5px' }; // as in styles/graph.css
const widths = new Map();
let family;

function width(text, font) {
  if (!text) return 0;
  const key = `${font} ${text}`;
  let known = widths.get(key);
  if (known === undefined) {
    family ??= getComputedStyle(document.body).fontFamily; // once, as it makes the browser work out all styles
    measure.font = `${fonts[font]} ${family}`;
    known = measure.measureText(text).width;
    if (widths.size > 20_000) widths.clear();
    widths.set(key, known);
  }
  return known;
}

// shortened cuts a text to a width, with an ellipsis.
function shortened(text, font, most) {
  if (width(text, font) <= most) return text;
  const letters = [...text];
  let [fits, over] = [0, letters.length];
  while (over - fits > 1) {
    const half = (fits + over) >> 1;
    if (width(`${letters.slice(0, half).join('').trimEnd()}…`, font) <= most) fits = half;
    else over = half;
  }
  return `${letters.slice(0, fits).join('').trimEnd()}…`;
}
