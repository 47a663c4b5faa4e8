import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paint, scaleFor, svgOf } from '../public/lib/picture.js';

const at = { x: 24, y: 10, scale: 1 };
const common = { at, fill: '#ffffff', stroke: '', wide: 1, dash: [], opacity: 1 };
const font = { size: 13, weight: '600', family: '"Inter", sans-serif' };
const picture = (...shapes) => ({ title: 'Graph', width: 200, height: 100, background: '#fefefe', shapes });
const text = (words, more) => ({ ...common, text: words, x: 30, y: 20, font, anchor: 'start', ...more });

test('a picture in SVG is text, whatever the names are', () => {
  const hostile = `</text><script>alert("1")</script>&amp;\u0000`;
  const drawn = svgOf({ ...picture(text(hostile)), title: '<b>' });
  assert.ok(
    drawn.startsWith('<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100" viewBox="0 0 200 100">'),
  );
  assert.ok(drawn.includes('<title>&lt;b&gt;</title>'));
  assert.ok(drawn.includes('>&lt;/text&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp; </text>'));
  assert.ok(drawn.includes('font-family="&quot;Inter&quot;, sans-serif"'));
});

test('a shape has its own look, and no more of it than it needs', () => {
  const edge = { ...common, path: 'M0 0L9 9', fill: '', stroke: '#cc0000', wide: 2, dash: [3, 4], opacity: 0.7 };
  const place = 'transform="translate(24 10) scale(1)"';
  assert.ok(
    svgOf(picture(edge)).includes(
      `<path d="M0 0L9 9" ${place} fill="none" stroke="#cc0000" stroke-width="2" stroke-dasharray="3 4" opacity="0.7"/>`,
    ),
  );
  assert.ok(svgOf(picture({ ...common, path: 'M0 0Z', evenodd: true })).includes('d="M0 0Z" fill-rule="evenodd"'));
  assert.ok(svgOf(picture(text('4', { stroke: '#ffffff', anchor: 'middle' }))).includes('paint-order="stroke"'));
});

test('a large picture takes no more of a canvas than there is', () => {
  assert.equal(scaleFor({ width: 1_000, height: 500 }), 2);
  const tall = { width: 1_600, height: 28_000 };
  const scale = scaleFor(tall);
  assert.ok(tall.height * scale <= 16_000 && tall.width * tall.height * scale * scale <= 16_000_001);
});

test('a picture is painted shape by shape, and each leaves nothing to the next', () => {
  const did = [];
  const context = new Proxy(
    {},
    {
      get:
        (_, name) =>
        (...args) =>
          did.push([name, ...args.filter((arg) => typeof arg !== 'object')].join(' ')),
      set: () => true,
    },
  );
  globalThis.Path2D = class {};
  try {
    paint(context, picture({ ...common, path: 'M0 0', stroke: '#000000' }, text('db', { fill: '#000000' })));
  } finally {
    delete globalThis.Path2D;
  }
  const begin = ['save', 'translate 24 10', 'scale 1 1', 'setLineDash'];
  assert.deepEqual(did, [
    'fillRect 0 0 200 100',
    ...[...begin, 'fill nonzero', 'stroke', 'restore'],
    ...[...begin, 'fillText db 30 20', 'restore'],
  ]);
});
