import assert from 'node:assert/strict';
import { test } from 'node:test';
import { neighbour } from '../public/lib/neighbour.js';
import { paletteKeys, shortcut } from '../public/lib/shortcut.js';

// Two groups of three columns: 0 1 2 / 3, then 4 5.
const rects = [
  { left: 0, top: 0 },
  { left: 100, top: 0 },
  { left: 200, top: 0 },
  { left: 0, top: 50 },
  { left: 0, top: 150 },
  { left: 100, top: 150 },
];

const moves = {
  'right to the next': [0, 'ArrowRight', 1],
  'right over the end of a row': [2, 'ArrowRight', 3],
  'right at the end stays': [5, 'ArrowRight', 5],
  'left at the start stays': [0, 'ArrowLeft', 0],
  'down in its column': [0, 'ArrowDown', 3],
  'down to the nearest column': [2, 'ArrowDown', 3],
  'down into the next group': [3, 'ArrowDown', 4],
  'down in the last row stays': [4, 'ArrowDown', 4],
  'up in its column': [3, 'ArrowUp', 0],
  'up to the nearest column': [5, 'ArrowUp', 3],
  'up in the first row stays': [1, 'ArrowUp', 1],
  'to the first': [4, 'Home', 0],
  'to the last': [1, 'End', 5],
  'no arrow': [1, 'x', 1],
};

for (const [name, [from, key, want]] of Object.entries(moves)) {
  test(`neighbour: ${name}`, () =>
    assert.equal(
      neighbour(rects.length, from, key, (i) => rects[i]),
      want,
    ));
}

const inside = (selector) => ({ closest: (list) => (list.split(', ').includes(selector) ? {} : null) });

const presses = {
  'slash searches': [{ key: '/', target: inside('button') }, 'search'],
  'n is new': [{ key: 'n', target: inside('main') }, 'new'],
  'question mark helps': [{ key: '?', target: inside('main') }, 'help'],
  'a letter in a field is a letter': [{ key: 'n', target: inside('input') }, ''],
  'a letter chooses in a list': [{ key: 'n', target: inside('select') }, ''],
  'a dialog has its own keys': [{ key: 'n', target: inside('dialog') }, ''],
  "the browser's own": [{ key: 'n', ctrlKey: true, target: inside('main') }, ''],
  'a letter being composed': [{ key: 'n', isComposing: true, target: inside('main') }, ''],
  'no key of ours': [{ key: 'x', target: inside('main') }, ''],
  'Ctrl-K opens the palette': [{ key: 'k', ctrlKey: true, target: inside('main') }, 'palette'],
  'and ⌘K': [{ key: 'k', metaKey: true, target: inside('main') }, 'palette'],
  'also in a field, and in the palette itself': [{ key: 'k', ctrlKey: true, target: inside('input') }, 'palette'],
  'also with Caps Lock': [{ key: 'K', ctrlKey: true, target: inside('main') }, 'palette'],
  'also on another alphabet’s keyboard': [{ key: 'л', code: 'KeyK', ctrlKey: true, target: inside('main') }, 'palette'],
  'not where another Latin letter is': [{ key: 't', code: 'KeyK', ctrlKey: true, target: inside('main') }, ''],
  'not with more modifiers': [{ key: 'k', ctrlKey: true, shiftKey: true, target: inside('main') }, ''],
  'not with both': [{ key: 'k', ctrlKey: true, metaKey: true, target: inside('main') }, ''],
  'a k alone is none': [{ key: 'k', code: 'KeyK', target: inside('main') }, ''],
  'a name that every object has': [{ key: 'constructor', target: inside('main') }, ''],
};

for (const [name, [event, want]] of Object.entries(presses)) {
  test(`shortcut: ${name}`, () => assert.equal(shortcut(event), want));
}

test('the keys of the palette as the platform names them', () => {
  for (const apple of ['MacIntel', 'iPhone', 'iPad']) assert.equal(paletteKeys(apple), '⌘K');
  for (const other of ['Linux x86_64', 'Win32', '']) assert.equal(paletteKeys(other), 'Ctrl K');
});
