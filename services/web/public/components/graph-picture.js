// The drawing of a graph as a file for a person to keep. It has the colours that the page has then, as attributes: a
// file knows no stylesheet.
import { paint, scaleFor, svgOf } from '../lib/picture.js';

const margin = 24; // px around all that is drawn
const soon = 60_000; // ms after which the browser has read a file

// save keeps the drawing in an <svg> as a file: format is "svg" or "png". It rejects if the browser has no room for it.
export async function save(svg, title, format) {
  const picture = pictureOf(svg, title);
  const data = format === 'svg' ? new Blob([svgOf(picture)], { type: 'image/svg+xml' }) : await pngOf(picture);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(data);
  link.download = `${title}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), soon);
}

// pngOf paints the shapes themselves: the page's policy lets no picture be loaded from a blob.
async function pngOf(picture) {
  const scale = scaleFor(picture);
  const canvas = document.createElement('canvas');
  canvas.width = Math.floor(picture.width * scale);
  canvas.height = Math.floor(picture.height * scale);
  const context = canvas.getContext('2d');
  context.scale(scale, scale);
  paint(context, picture);
  const data = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!data) throw new Error('it is too large for a picture in this browser. SVG has no such limit.');
  return data;
}

function pictureOf(svg, title) {
  const world = svg.querySelector('.graph-world');
  const { x, y, width, height } = world.getBBox();
  const shift = { x: margin - x, y: margin - y };
  const shapes = [...world.querySelectorAll('path, rect, use, text')].flatMap((element) => shapesOf(element, shift));
  return {
    title,
    width: Math.ceil(width + 2 * margin),
    height: Math.ceil(height + 2 * margin),
    background: hex(getComputedStyle(svg.closest('.graph-box')).backgroundColor),
    shapes,
  };
}

function shapesOf(element, shift) {
  const moved = element.closest('.node')?.transform.baseVal.consolidate()?.matrix ?? { e: 0, f: 0 };
  const at = { x: shift.x + moved.e, y: shift.y + moved.f, scale: 1 };
  const style = getComputedStyle(element);
  const shape = { at, ...lookOf(style) };
  switch (element.localName) {
    case 'path':
      return [{ ...shape, path: element.getAttribute('d') }, arrow(element, shape)];
    case 'rect':
      return [{ ...shape, path: box(element) }];
    case 'use':
      return icon(element, shape, hex(style.color));
    default:
      return element.textContent ? [{ ...shape, ...written(element, style) }] : [];
  }
}

function lookOf({ fill, stroke, strokeWidth, strokeDasharray, opacity }) {
  return {
    fill: fill === 'none' ? '' : hex(fill),
    stroke: stroke === 'none' ? '' : hex(stroke),
    wide: Number.parseFloat(strokeWidth),
    dash: strokeDasharray === 'none' ? [] : strokeDasharray.split(',').map(Number.parseFloat),
    opacity: Number(opacity),
  };
}

// arrow returns the arrow at the end of an edge, which arrives from the left, or from the right in a circle.
function arrow(path, { at, stroke, opacity }) {
  const end = path.getPointAtLength(path.getTotalLength());
  const before = path.getPointAtLength(path.getTotalLength() - 1);
  const [back, half] = before.x <= end.x ? [-7, 3.5] : [7, 3.5];
  const tip = back < 0 ? 1 : -1;
  const d = `M${end.x + back} ${end.y - half}L${end.x + tip} ${end.y}L${end.x + back} ${end.y + half}Z`;
  return { path: d, at, fill: stroke, stroke: '', wide: 0, dash: [], opacity };
}

function box(rect) {
  const value = (name) => Number(rect.getAttribute(name) ?? 0);
  const [x, y, width, height, round] = ['x', 'y', 'width', 'height', 'rx'].map(value);
  const [right, bottom] = [x + width, y + height];
  const corner = (toX, toY) => `A${round} ${round} 0 0 1 ${toX} ${toY}`;
  return [
    `M${x + round} ${y}H${right - round}${corner(right, y + round)}V${bottom - round}`,
    `${corner(right - round, bottom)}H${x + round}${corner(x, bottom - round)}V${y + round}${corner(x + round, y)}Z`,
  ].join('');
}

// icon returns the shapes of a symbol, in the colour in which it is used.
function icon(use, { at, opacity }, colour) {
  const symbol = document.querySelector(use.getAttribute('href'));
  const [x, y, width] = ['x', 'y', 'width'].map((name) => Number(use.getAttribute(name)));
  const scale = width / symbol.viewBox.baseVal.width;
  const place = { x: at.x + x, y: at.y + y, scale };
  return [...symbol.children].map((part) => {
    const { wide, dash } = lookOf(getComputedStyle(part));
    const isRing = part.matches('.ring');
    const path = part.getAttribute('d') ?? circle(part);
    const evenodd = part.getAttribute('fill-rule') === 'evenodd';
    return { path, evenodd, at: place, fill: isRing ? '' : colour, stroke: isRing ? colour : '', wide, dash, opacity };
  });
}

function circle(element) {
  const [x, y, r] = ['cx', 'cy', 'r'].map((name) => Number(element.getAttribute(name)));
  return `M${x - r} ${y}A${r} ${r} 0 0 1 ${x + r} ${y}A${r} ${r} 0 0 1 ${x - r} ${y}Z`;
}

function written(element, style) {
  return {
    text: element.textContent,
    x: Number(element.getAttribute('x')),
    y: Number(element.getAttribute('y')),
    font: { size: Number.parseFloat(style.fontSize), weight: style.fontWeight, family: style.fontFamily },
    anchor: style.textAnchor,
  };
}

const pixel = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
const dot = pixel.getContext('2d', { willReadFrequently: true });
const known = new Map();

// hex returns a colour in the form that every program reads: browsers compute others too, such as oklch().
function hex(colour) {
  if (!known.has(colour)) {
    dot.clearRect(0, 0, 1, 1);
    dot.fillStyle = colour;
    dot.fillRect(0, 0, 1, 1);
    const [red, green, blue] = dot.getImageData(0, 0, 1, 1).data;
    known.set(colour, `#${[red, green, blue].map((part) => part.toString(16).padStart(2, '0')).join('')}`);
  }
  return known.get(colour);
}
