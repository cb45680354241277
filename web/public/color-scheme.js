// Runs before the first paint, so that a dark room is not lit by a white page. A file of its own: the CSP allows no inline script.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem('footfall-color-scheme');
  } catch {
    /* a browser that keeps nothing: the system's scheme it is */
  }
  var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
