// What the Content Security Policy and fast loading require of the files.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../public/', import.meta.url);
const read = (path) => readFileSync(new URL(path.replace(/^\//, ''), root), 'utf8');
const files = (folder) => readdirSync(new URL(folder, root)).map((name) => `/${folder}${name}`);
const page = read('index.html');
const matches = (text, pattern) => [...text.matchAll(pattern)].map(([, found]) => found).sort();
const modules = [...files('actions/'), ...files('components/'), ...files('lib/'), ...files('pages/')];
const scripts = [...modules, ...files('worker/'), '/app.js', '/early.js', '/signed-in.js'];

for (const name of ['index.html', '404.html', 'signed-in.html']) {
  test(`${name} has no script, style or handler in it, and nothing from elsewhere`, () => {
    const html = read(name);
    assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/i);
    assert.deepEqual(
      matches(html, /<(?:link|script|img)[^>]*\s(?:href|src)="([^"]*)"/g).filter((url) => !/^\/\w/.test(url)),
      [],
    );
  });
}

test('every file that the page loads exists, and is loaded once', () => {
  const loaded = matches(page, /<(?:link|script)[^>]*\s(?:href|src)="([^"]*)"/g);
  assert.deepEqual(loaded, [...new Set(loaded)]);
  for (const url of loaded) assert.ok(read(url), url);
});

test('every module is preloaded, so that none waits for another', () => {
  const ahead = matches(page, /<link rel="modulepreload" href="([^"]*)"/g);
  assert.deepEqual(ahead, modules.sort());
});

test('every style sheet is linked and in a layer', () => {
  assert.deepEqual(matches(page, /<link rel="stylesheet" href="([^"]*)"/g), files('styles/').sort());
  for (const sheet of files('styles/')) assert.match(read(sheet), /^@layer /, sheet);
});

test('no script creates HTML from text, or sets a style attribute', () => {
  for (const script of scripts) {
    assert.doesNotMatch(
      read(script),
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|setAttribute\('style|cssText/,
      script,
    );
  }
});

test('every template that is stamped exists', () => {
  const templates = matches(page, /<template id="([^"]*)"/g);
  for (const script of scripts) {
    for (const name of matches(read(script), /stamp\('([^']*)'\)/g)) assert.ok(templates.includes(name), name);
  }
});

test('ids are unique', () => {
  const ids = matches(page, /<(?!template)[^>]*\sid="([^"]*)"/g);
  assert.deepEqual(ids, [...new Set(ids)]);
});

test('every named icon is defined', () => {
  const drawn = new Set(['healthy', ...matches(read('styles/icon.css'), /\.icon-(\w+) \{/g)]);
  for (const name of matches(page, /icon-(?!only)(\w+)/g)) assert.ok(drawn.has(name), name);
  assert.equal(matches(read('icons.svg'), /<(g)[ >]/g).length, drawn.size);
});
