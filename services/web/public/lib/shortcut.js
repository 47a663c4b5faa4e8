// shortcut returns the action of a key, or "" if it has none: with a modifier, and in
// controls where a person types or chooses.
const actions = new Map([
  ['/', 'search'],
  ['n', 'new'],
  ['?', 'help'],
  ['e', 'edit'],
  ['Escape', 'close'],
]);

export function shortcut({ key, ctrlKey, metaKey, altKey, isComposing, target }) {
  if (ctrlKey || metaKey || altKey || isComposing) return '';
  if (target?.closest?.('input, textarea, select, [contenteditable], dialog')) return '';
  return actions.get(key) ?? '';
}
