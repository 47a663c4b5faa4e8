// Shows what the palette offers (lib/offer.js) as lines of its list.
import { setText, stamp } from './template.js';

let made = 0;

// option returns the line of an offer.
export function option(offer) {
  const line = stamp('palette-option').firstElementChild;
  line.id = `palette-option-${made++}`;
  showOption(line, offer);
  return line;
}

// showOption shows an offer in a line that is there already, which stays as it is chosen.
export function showOption(line, offer) {
  const find = (selector) => line.querySelector(selector);
  find('.icon').className = `icon icon-${offer.icon}`;
  find('.palette-label').replaceChildren(...offer.label.map(part));
  setText(find('.palette-aside'), offer.aside && `, ${offer.aside}`);
  const details = offer.details.flatMap((parts, i) => [...(i > 0 ? [' · '] : []), ...parts.map(part)]);
  find('.palette-details').replaceChildren(...details);
  find('.palette-details').classList.toggle('code', offer.code);
  setText(find('.palette-end'), offer.end);
  setText(find('.palette-verb'), offer.verb);
  line.classList.toggle('has-verb', Boolean(offer.verb));
}

// group returns a titled group of the list.
export function group(name, words, lines) {
  const section = stamp('palette-group').firstElementChild;
  const title = section.querySelector('.palette-title');
  title.id = `palette-${name}`;
  title.textContent = words;
  section.dataset.group = name;
  section.setAttribute('aria-labelledby', title.id);
  section.append(...lines);
  return section;
}

// part shows our text as it is, and a person's with its marks, whose direction is isolated.
function part(text) {
  if (typeof text === 'string') return text;
  const name = document.createElement('bdi');
  name.append(
    ...text.map(([piece, marked]) => {
      if (!marked) return piece;
      const mark = document.createElement('mark');
      mark.textContent = piece;
      return mark;
    }),
  );
  return name;
}
