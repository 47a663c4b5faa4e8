// Runs before the first paint, so that neither the wrong theme nor the wrong page or layout
// flashes up. It is not a module, because modules run later.
const root = document.documentElement;
const asked = new URLSearchParams(location.search);
const start = asked.has('wall') ? 'wall' : 'catalogue';
root.dataset.page = location.pathname === '/' ? start : 'other';
if (asked.has('at') && start !== 'wall' && /^\/($|services\/|graph\/?$)/.test(location.pathname))
  root.dataset.past = 'loading';
root.dataset.layout = asked.get('view') ?? '';
try {
  const theme = localStorage.getItem('theme');
  if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
  root.dataset.layout ||= localStorage.getItem('layout') ?? '';
} catch {
  // Storage is blocked: use the system's theme.
}
