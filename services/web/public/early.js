// Runs before the first paint, so that neither the wrong theme nor the wrong page or layout
// flashes up. It is not a module, because modules run later.
document.documentElement.dataset.page = location.pathname === '/' ? 'catalogue' : 'other';
document.documentElement.dataset.layout = new URLSearchParams(location.search).get('view') ?? '';
try {
  const theme = localStorage.getItem('theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  document.documentElement.dataset.layout ||= localStorage.getItem('layout') ?? '';
} catch {
  // Storage is blocked: use the system's theme.
}
