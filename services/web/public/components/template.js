// stamp returns a copy of template#name of index.html, where all markup is. Its custom elements
// work at once, not only when they are in the document.
export function stamp(name) {
  return document.importNode(document.querySelector(`template#${name}`).content, true);
}

// tell dispatches a bubbling custom event from element.
export function tell(element, name, detail) {
  element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
}

// setText writes only a different text, so that nothing is announced or painted again.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// setTime shows words in a <time> whose title is the moment itself, if there is one.
export function setTime(element, words, moment) {
  setText(element, words);
  if (!moment || element.dateTime === moment) return;
  element.dateTime = moment;
  element.title = new Date(moment).toLocaleString();
}

// setWords builds a sentence from parts: a string is our text, { name } is text that a
// person wrote, whose writing direction is isolated.
export function setWords(element, parts) {
  element.replaceChildren(
    ...parts.map((part) => {
      if (typeof part === 'string') return part;
      const name = document.createElement('bdi');
      name.textContent = part.name;
      return name;
    }),
  );
}

// quoted isolates the writing direction of a name in an attribute, where no element can.
export function quoted(name) {
  return `\u2068${name}\u2069`;
}
