// fitting returns how many of a card's tags surely fit in two lines. It estimates their
// widths, because measuring thousands of cards would cost too much. At least one
// fits, and room for the button is kept only if some tags don't fit.
const line = 270; // px, in the narrowest card
const [padding, gap, widest] = [15, 5, 210]; // px, of a chip
const more = 50; // px, of the button for the rest

export function fitting(tags) {
  let [lines, used] = [1, 0];
  let fits = 0; // with room for the button
  for (const [i, tag] of tags.entries()) {
    const width = Math.min(widest, estimate(tag) + padding);
    if (used > 0 && used + gap + width > line) [lines, used] = [lines + 1, 0];
    if (lines > 2) return Math.max(1, fits);
    used += (used > 0 ? gap : 0) + width;
    if (lines < 2 || used + gap + more <= line) fits = i + 1;
  }
  return tags.length;
}

// estimate returns the width of a text in px, rather too wide than too narrow.
function estimate(text) {
  let width = 0;
  for (const character of text) width += character >= '\u1100' ? 12 : /[A-Zmw@%&]/.test(character) ? 9.5 : 6.6;
  return width;
}
