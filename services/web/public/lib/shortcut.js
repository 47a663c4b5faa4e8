// shortcut names what a key does on the page, or returns "" when it is not ours:
// with a modifier, or where a person types or chooses.
const actions = new Map([
  ['/', 'search'],
  ['n', 'new'],
  ['?', 'help'],
]);

export function shortcut({ key, ctrlKey, metaKey, altKey, isComposing, target }) {
  if (ctrlKey || metaKey || altKey || isComposing) return '';
  if (target?.closest?.('input, textarea, select, [contenteditable], dialog')) return '';
  return actions.get(key) ?? '';
}
