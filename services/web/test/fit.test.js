import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fit } from '../public/lib/fit.js';

const screen = { inline: 85.4, block: 36 }; // the body of 1440 × 900, below a band
const tall = { inline: 51.7, block: 75 };
const phone = { inline: 26.9, block: Number.POSITIVE_INFINITY };

// height returns how high the tiles and names are at least, in em, as styles/wall.css makes them.
function height({ size, rows, nameRows }) {
  const tiles = rows === 0 ? 0 : rows * (7.2 * size + 0.9) - 0.9;
  return tiles + nameRows * 1.9 + (rows > 0 && nameRows > 0 ? 1.25 : 0);
}

test('whatever the numbers, the screen is not overrun, and used', () => {
  for (const box of [screen, tall, { inline: 85.4, block: 20 }, { inline: 190, block: 40 }]) {
    for (const tiles of [0, 1, 2, 5, 9, 24, 60, 81]) {
      for (const names of [0, 1, 26, 201]) {
        const found = fit(box, tiles, names);
        const what = `${tiles} tiles and ${names} names in ${box.inline} × ${box.block}: ${JSON.stringify(found)}`;
        assert.ok(height(found) <= box.block + 1e-9, what);
        assert.ok(found.tiles <= found.rows * found.columns, what);
        assert.ok(found.names <= found.nameRows * found.nameColumns, what);
        assert.ok(found.tiles > 0 || tiles === 0, what);
        assert.ok(found.names > 0 || names === 0, what);
      }
    }
  }
});

test('few tiles are large, many are small, and too many are cut', () => {
  const of = (n) => fit(screen, n, 26);
  assert.equal(of(2).size, 1.7);
  assert.equal(of(8).size, 1);
  assert.ok(of(16).size < 1);
  assert.equal(of(16).tiles, 16);
  assert.ok(of(81).tiles < 81);
});

test('names give way to tiles, but not all of them', () => {
  assert.equal(fit(screen, 2, 26).names, 26);
  const { names, nameRows } = fit(screen, 81, 201);
  assert.ok(nameRows >= 3 && names < 201);
});

test('where the page scrolls there is a limit all the same', () => {
  const found = fit(phone, 81, 201);
  assert.deepEqual([found.tiles, found.names, found.columns], [30, 40, 1]);
  assert.deepEqual([fit(phone, 3, 5).tiles, fit(phone, 3, 5).names], [3, 5]);
});

test('a screen too low for a tile has one row of them', () => {
  const found = fit({ inline: 85.4, block: 3 }, 9, 9);
  assert.deepEqual([found.rows, found.nameRows], [1, 0]);
});
