// What this browser remembers of a person's choices: the theme, and the layout of lists.

// remembered returns what was remembered by a name, or "".
export function remembered(name) {
  try {
    return localStorage.getItem(name) ?? '';
  } catch {
    return ''; // storage is blocked
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Storage is blocked: the choice lasts until the page is closed.
  }
}
