// What a strip says: a letter for each segment of a time, the oldest first, as the API gives
// it: h healthy, d degraded, x down, - nobody looked. Independent of the DOM.

// lastDay is the label and the unit of a strip of the last 24 hours.
export const lastDay = ['Last 24 hours', ['half hour', 'half hours']];

// dayBefore is that of the 24 hours before a moment.
export const dayBefore = ['24 hours before', lastDay[1]];

export const names = { h: 'healthy', d: 'degraded', x: 'down', '-': 'not observed' };

const heights = { h: 6, d: 11, x: 16, '-': 2 }; // px: a strip also reads without its colours
const letters = { healthy: 'h', degraded: 'd', down: 'x' };
const worst = 'x d h -';

export const height = 16; // px of the tallest bar
const width = 8; // of a segment, in units of the picture, which is stretched
const gap = 2;

// bars returns the letters that a strip has, with the path of all of its bars: { h: 'M…' }.
export function bars(strip) {
  const paths = {};
  for (const [i, letter] of [...strip].entries()) {
    const tall = heights[letter];
    paths[letter] = `${paths[letter] ?? ''}M${i * width} ${height}v-${tall}h${width - gap}v${tall}z`;
  }
  return paths;
}

// box is the viewBox of bars.
export function box(strip) {
  return `0 0 ${Math.max(strip.length * width - gap, 1)} ${height}`;
}

// words says what a strip shows. unit is what a segment is: ["half hour", "half hours"].
export function words(strip, [one, many]) {
  const count = (letter) => strip.split(letter).length - 1;
  if (count('-') === strip.length) return 'not observed';
  if (count('h') === strip.length) return 'healthy throughout';
  return ['x', 'd', '-']
    .filter((letter) => count(letter) > 0)
    .map((letter) => `${names[letter]} in ${count(letter)} ${count(letter) === 1 ? one : many}`)
    .join(', ');
}

// withStatus returns a strip whose last segment is as bad as a status at least.
export function withStatus(strip, status) {
  const letter = letters[status] ?? '-';
  const last = strip.at(-1);
  return worst.indexOf(letter) < worst.indexOf(last) ? strip.slice(0, -1) + letter : strip;
}
