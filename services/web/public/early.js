// Runs before the first paint, which is why it is no module: a chosen theme must
// not flash up as the other one, and no page before the one that was asked for.
document.documentElement.dataset.page = location.pathname === '/' ? 'catalogue' : 'other';
try {
  const theme = localStorage.getItem('theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is forbidden here: the system's theme it is.
}
