export default function (component) {
  const { data, setStateValue } = component;
  const KEY = data.key;
  // Settings of a page replace its address, so that Back leads to the page before and not through every click.
  if (!window.__biocoreHistory) {
    window.__biocoreHistory = true;
    const push = window.history.pushState.bind(window.history);
    window.history.pushState = (state, title, url) => {
      const to = new URL(url === undefined || url === null ? location.href : url, location.href);
      if (to.pathname === location.pathname) window.history.replaceState(state, title, url);
      else push(state, title, url);
    };
  }
  const asked = (window.__biocoreAsked ??= new Set());
  // What was pasted or uploaded stays in this tab's own memory: a reload, or a server that was started again, brings it back.
  try {
    if (data.snapshot) sessionStorage.setItem(KEY, data.snapshot);
    else if (!asked.has(KEY)) {
      asked.add(KEY);
      const saved = sessionStorage.getItem(KEY);
      if (saved) setStateValue('saved', saved);
    }
  } catch (error) {
    sessionStorage.removeItem(KEY); // full, or forbidden: nothing is kept rather than something old
  }
}
