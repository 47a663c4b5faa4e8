// Where and how well a word of a search matches a text, and which part of the text to mark.
// Words are folded, as words of lib/text.js returns them.
import { fold } from './text.js';

const inWord = /[\p{L}\p{M}\p{N}]$/u;
const letters = /\P{M}\p{M}*|\p{M}+/gu; // each with its accents, which fold together
const plain = /^[\n\x20-\x7e]*$/;

// distance says how far a folded text is from a word: 0 it is that word, 1 it begins with
// it, 2 one of its words begins with it, 3 it has it somewhere, Infinity not at all.
export function distance(text, word) {
  if (text === word) return 0;
  const at = place(text, word);
  if (at < 0) return Number.POSITIVE_INFINITY;
  if (at === 0) return 1;
  return beginsWord(text, at) ? 2 : 3;
}

// pieces splits a text into [part, marked], in which the first occurrence of each word is marked.
export function pieces(text, wanted) {
  const { folded, from: starts, to: ends } = aligned(text);
  const marked = new Array(text.length).fill(false);
  for (const word of wanted) {
    const at = place(folded, word);
    if (at >= 0) marked.fill(true, starts[at], ends[at + word.length - 1]);
  }
  const parts = [];
  for (let from = 0, to = 1; to <= text.length; to++) {
    if (to < text.length && marked[to] === marked[from]) continue;
    parts.push([text.slice(from, to), marked[from]]);
    from = to;
  }
  return parts;
}

// place returns where a word is in a folded text: rather where a word of the text begins.
function place(text, word) {
  const first = text.indexOf(word);
  for (let at = first; at >= 0; at = text.indexOf(word, at + 1)) {
    if (at === 0 || beginsWord(text, at)) return at;
  }
  return first;
}

function beginsWord(text, at) {
  return !inWord.test(text.slice(Math.max(0, at - 2), at));
}

// aligned returns the folded text and, for each of its characters, from where to where the
// letter is in the text that it comes from. A text that folds otherwise as a whole has
// nothing to mark.
function aligned(text) {
  const [from, to] = [[], []];
  let [folded, end] = ['', 0];
  for (const letter of plain.test(text) ? text : (text.match(letters) ?? [])) {
    const part = fold(letter);
    folded += part;
    for (let i = 0; i < part.length; i++) {
      from.push(end);
      to.push(end + letter.length);
    }
    end += letter.length;
  }
  return folded === fold(text) ? { folded, from, to } : { folded: '', from, to };
}
