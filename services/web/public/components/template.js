// stamp gives the content of template#name of index.html, where all markup is.
export function stamp(name) {
  return document.querySelector(`template#${name}`).content.cloneNode(true);
}

// tell dispatches a fact that bubbles up from element.
export function tell(element, name, detail) {
  element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
}

// setText writes only what differs, so that nothing is announced or drawn again.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// setWords makes a sentence of parts: a string is our words, { name } what a person
// wrote, which keeps its direction of writing to itself.
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

// quoted is a name within an attribute, where no element can isolate it.
export function quoted(name) {
  return `\u2068${name}\u2069`;
}
