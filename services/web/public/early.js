// Runs before the first paint, so that neither the wrong theme nor the wrong page flashes
// up. It is not a module, because modules run later.
document.documentElement.dataset.page = location.pathname === '/' ? 'catalogue' : 'other';
try {
  const theme = localStorage.getItem('theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked: use the system's theme.
}
