// Computes how much fits on the wall. All lengths are in em of the wall, whose size follows that
// of the screen; styles/wall.css makes the parts as high as it is said here.
const gap = 0.9; // between tiles
const tile = { inline: 20, block: 7.2 }; // the smallest of size 1: two lines of a name, one of the reason
const name = { inline: 12.5, block: 1.9, gap: 1.25 }; // a healthy service, and the gap between two columns
const part = 1.25; // gap between tiles and names

const sizes = [1.7, 1.3, 1, 0.75]; // of tiles: as large as fits
const least = 3; // rows of names that stay however many tiles there are
const generous = 0.4; // of the height is for names, unless tiles need it

const scrolled = { tiles: 30, names: 40 }; // where the page may scroll, on a phone

// fit returns { size, columns, rows, tiles, nameColumns, nameRows, names }: how many tiles and
// names are shown, and in which grids. tiles and names include one that says how many others
// there are, where not all fit. box is { inline, block } in em, and block is Infinity where the
// page may scroll.
export function fit(box, tiles, names) {
  const nameColumns = columnsOf(box.inline, name.inline, name.gap);
  const nameRows = Math.ceil(names / nameColumns);
  if (box.block === Infinity) return whole(box, tiles, names, nameColumns);
  const chosen = sizes
    .map((size) => grid(size, box, tiles, nameRows))
    .find(({ fits }, i) => fits || i === sizes.length - 1);
  const { size, columns, rows } = chosen;
  const used = rows === 0 ? 0 : rows * (tile.block * size + gap) - gap + part;
  const room = Math.max(0, Math.floor((box.block - used) / name.block));
  const shownRows = Math.min(nameRows, room);
  return {
    size,
    columns,
    rows,
    tiles: Math.min(tiles, columns * rows),
    nameColumns,
    nameRows: shownRows,
    names: Math.min(names, shownRows * nameColumns),
  };
}

// grid lays out tiles of a size; fits is whether all of them are in it.
function grid(size, box, tiles, nameRows) {
  const columns = columnsOf(box.inline, tile.inline * size, gap);
  const wanted = Math.ceil(tiles / columns);
  const kept = size < 1 ? least : Math.max(least, Math.floor((box.block * generous) / name.block));
  const block = box.block - (nameRows === 0 ? 0 : Math.min(nameRows, kept) * name.block + part);
  const most = Math.max(1, Math.floor((block + gap) / (tile.block * size + gap)));
  return { size, columns, rows: Math.min(wanted, most), fits: wanted <= most };
}

function whole(box, tiles, names, nameColumns) {
  const columns = columnsOf(box.inline, tile.inline, gap);
  const [shownTiles, shownNames] = [Math.min(tiles, scrolled.tiles), Math.min(names, scrolled.names)];
  return {
    size: 1,
    columns,
    rows: Math.ceil(shownTiles / columns),
    tiles: shownTiles,
    nameColumns,
    nameRows: Math.ceil(shownNames / nameColumns),
    names: shownNames,
  };
}

function columnsOf(inline, least, between) {
  return Math.max(1, Math.floor((inline + between) / (least + between)));
}
