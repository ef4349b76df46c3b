// @ts-check
/** Light, dark, or as the device has it. Runs before the first paint, so that no page flashes. */

const KEY = "harbour-and-pine.theme";
const ORDER = /** @type {const} */ (["auto", "light", "dark"]);

/** @typedef {"auto" | "light" | "dark"} Theme */

/** @returns {Theme} */
export function currentTheme() {
  const theme = document.documentElement.dataset.theme;
  return theme === "light" || theme === "dark" ? theme : "auto";
}

/** @returns {Theme} the one after the current one, now in force */
export function nextTheme() {
  const next = ORDER[(ORDER.indexOf(currentTheme()) + 1) % ORDER.length];
  apply(next);
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // A browser that keeps nothing for pages: the choice holds until it is closed.
  }
  return next;
}

/** @param {string | null} theme */
function apply(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

try {
  apply(localStorage.getItem(KEY));
} catch {
  // As above: the device's own theme it is.
}
