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
