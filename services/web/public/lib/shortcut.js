// shortcut returns the action of a key, or "" if it has none: with a modifier, and in
// controls where a person types or chooses. Only the palette has a modifier, and opens from
// everywhere.
const actions = new Map([
  ['/', 'search'],
  ['n', 'new'],
  ['?', 'help'],
  ['e', 'edit'],
  ['Escape', 'close'],
]);

export function shortcut(event) {
  const { key, ctrlKey, metaKey, altKey, isComposing, target } = event;
  if (isPalette(event)) return 'palette';
  if (ctrlKey || metaKey || altKey || isComposing) return '';
  if (target?.closest?.('input, textarea, select, [contenteditable], dialog')) return '';
  return actions.get(key) ?? '';
}

// On keyboards without Latin letters, the key is known by its place.
function isPalette({ key = '', code, ctrlKey = false, metaKey = false, altKey, shiftKey, isComposing }) {
  if (ctrlKey === metaKey || altKey || shiftKey || isComposing) return false;
  return /^[a-z]$/i.test(key) ? key.toLowerCase() === 'k' : code === 'KeyK';
}

// paletteKeys names the keys of the palette, as navigator.platform calls them.
export function paletteKeys(platform) {
  return /^(mac|ip)/i.test(platform) ? '⌘K' : 'Ctrl K';
}
