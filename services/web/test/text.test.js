import assert from 'node:assert/strict';
import { test } from 'node:test';
import { survey } from '../public/lib/filter.js';
import { fold, words } from '../public/lib/text.js';
import { everything } from '../public/lib/view.js';
import { service } from './service.js';

const queries = {
  '': [],
  ' \u00a0\u200b\t': [],
  ' Two\u00a0 WORDS\u3000Ｘ ': ['two', 'words', 'x'],
  straße: ['strasse'],
  'cafe\u0301': ['café'],
  '50% a_b \\': ['50%', 'a_b', '\\'],
};
for (const [query, want] of Object.entries(queries)) {
  test(`the words of ${JSON.stringify(query)}`, () => assert.deepEqual(words(query), want));
}

// Each pair is the same word to a person who searches.
const alike = [
  ['Café', 'cafe\u0301'],
  ['STRASSE', 'straße'],
  ['STRASSE', 'STRAẞE'],
  ['ΟΔΥΣΣΕΥΣ', 'οδυσσευς'],
  ['Οδυσσεύς x', 'ΟΔΥΣΣΕΎΣ X'],
  ['ﬃ', 'FFI'],
  ['Ⅷ', 'viii'],
  ['bill\u200bing', 'billing'],
  ['ŉ', 'ʼN'],
  ['ΐ', 'Ϊ́'],
  ['İ', 'i\u0307'],
  ['ᾳ', 'ΑΙ'],
  ['Ꭰ', 'ꭰ'],
  ['﷽', '﷽'],
];
for (const [a, b] of alike) {
  test(`${a} is found by ${b}, and ${b} by ${a}`, () => {
    for (const [name, q] of [
      [a, b],
      [b, a],
    ]) {
      assert.equal(survey([service({ name: `x${name}y` })], { ...everything, q }).shown.length, 1);
    }
  });
}

test('different words are not found', () => {
  for (const [name, q] of [
    ['cafe', 'café'],
    ['ırak', 'irak'],
    ['strase', 'straße'],
  ]) {
    assert.equal(survey([service({ name })], { ...everything, q }).shown.length, 0, `${name} by ${q}`);
  }
});

test('folded text folds to itself', () => {
  for (let point = 0; point < 0x2fa20; point++) {
    if (point >= 0xd800 && point < 0xe000) continue;
    const folded = fold(String.fromCodePoint(point));
    assert.equal(fold(folded), folded, point.toString(16));
  }
});
