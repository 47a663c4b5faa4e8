// The room for tags: px of a line, in the narrowest case, and how many lines.
const rooms = { card: [190, 1], row: [150, 1], head: [320, 3] };
const [padding, gap, widest] = [15, 4, 210]; // px, of a chip
const more = 36; // px, of the words for the rest

// fitting returns how many tags surely fit in a room: "card", "row" or "head". It estimates
// their widths, because measuring thousands of cards would cost too much. At least one
// fits, and room for the words for the rest is kept only if some tags don't fit.
export function fitting(tags, room) {
  const [line, most] = rooms[room];
  let [lines, used] = [1, 0];
  let fits = 0; // with room for the button
  for (const [i, tag] of tags.entries()) {
    const width = Math.min(widest, estimate(tag) + padding);
    if (used > 0 && used + gap + width > line) [lines, used] = [lines + 1, 0];
    if (lines > most) return Math.max(1, fits);
    used += (used > 0 ? gap : 0) + width;
    if (lines < most || used + gap + more <= line) fits = i + 1;
  }
  return tags.length;
}

// estimate returns the width of a text in px, rather too wide than too narrow.
function estimate(text) {
  let width = 0;
  for (const character of text) width += character >= '\u1100' ? 12 : /[A-Zmw@%&]/.test(character) ? 9.5 : 6.6;
  return width;
}
