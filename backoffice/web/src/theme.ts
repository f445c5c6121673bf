// Runs before the first paint. Without a choice of the visitor the style sheet follows the system.
try {
  const chosen = localStorage.getItem('theme');
  if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset['theme'] = chosen;
} catch {
  // Storage is forbidden: the system's theme it is.
}
