// A picture as a file of its own: in SVG, or painted on a canvas. A picture is { title, width, height, background, shapes };
// a shape is a path { path, evenodd }, or a text { text, x, y, font, anchor } with font { size, weight, family } and
// anchor as in SVG. Each has at { x, y, scale }, its colours fill and stroke, of which "" is none, the width of the
// stroke as `wide`, its dashes as `dash`, a list, and opacity. Lengths are in px, colours as CSS and SVG 1.1 have them.

const most = { area: 16_000_000, side: 16_000 }; // px of a canvas: of more, some browsers make none

// svgOf returns the text of a file in SVG.
export function svgOf({ title, width, height, background, shapes }) {
  const box = `width="${width}" height="${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${box} viewBox="0 0 ${width} ${height}">`,
    `<title>${escaped(title)}</title>`,
    `<rect ${box} fill="${background}"/>`,
    ...shapes.map((shape) => (shape.path ? pathOf(shape) : textOf(shape))),
    '</svg>\n',
  ].join('\n');
}

function pathOf(shape) {
  return `<path d="${shape.path}"${shape.evenodd ? ' fill-rule="evenodd"' : ''}${look(shape)}/>`;
}

function textOf(shape) {
  const { text, x, y, font, anchor, stroke } = shape;
  const family = escaped(font.family);
  const written = `font-size="${font.size}" font-weight="${font.weight}" font-family="${family}" text-anchor="${anchor}"`;
  return `<text x="${x}" y="${y}" ${written}${stroke ? ' paint-order="stroke"' : ''}${look(shape)}>${escaped(text)}</text>`;
}

function look({ at, fill, stroke, wide, dash, opacity }) {
  const parts = [` transform="translate(${at.x} ${at.y}) scale(${at.scale})"`, ` fill="${fill || 'none'}"`];
  if (stroke) parts.push(` stroke="${stroke}" stroke-width="${wide}"`);
  if (stroke && dash.length > 0) parts.push(` stroke-dasharray="${dash.join(' ')}"`);
  if (opacity < 1) parts.push(` opacity="${opacity}"`);
  return parts.join('');
}

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

// escaped makes a text a part of XML, which has no control characters.
function escaped(text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
  return text.replace(/[\u0000-\u001f\ufffe\uffff]/g, ' ').replace(/[&<>"]/g, (letter) => entities[letter]);
}

// scaleFor returns how many pixels of a canvas a px of a picture may take: two, or as many as there can be.
export function scaleFor({ width, height }) {
  return Math.min(2, most.side / width, most.side / height, Math.sqrt(most.area / (width * height)));
}

// paint paints a picture on the context of a canvas.
export function paint(context, { width, height, background, shapes }) {
  context.fillStyle = background;
  context.fillRect(0, 0, width, height);
  for (const shape of shapes) {
    const { at, fill, stroke, wide, dash, opacity } = shape;
    context.save();
    context.translate(at.x, at.y);
    context.scale(at.scale, at.scale);
    Object.assign(context, { globalAlpha: opacity, fillStyle: fill, strokeStyle: stroke, lineWidth: wide });
    context.setLineDash(dash);
    if (shape.path) paintPath(context, shape);
    else paintText(context, shape);
    context.restore();
  }
}

function paintPath(context, { path, evenodd, fill, stroke }) {
  const drawn = new Path2D(path);
  if (fill) context.fill(drawn, evenodd ? 'evenodd' : 'nonzero');
  if (stroke) context.stroke(drawn);
}

function paintText(context, { text, x, y, font, anchor, fill, stroke }) {
  context.font = `${font.weight} ${font.size}px ${font.family}`;
  context.textAlign = anchor === 'middle' ? 'center' : 'left';
  if (stroke) context.strokeText(text, x, y);
  if (fill) context.fillText(text, x, y);
}
