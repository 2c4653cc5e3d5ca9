// Applies the chosen theme before the first paint. A file of its own, because the Content-Security-Policy forbids inline scripts.
(function () {
  try {
    var theme = localStorage.getItem("ew-theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch (error) {
    // Storage can be blocked; the system's theme is then used.
  }
})();
