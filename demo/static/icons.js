// @ts-check
/** Line icons on a grid of 24, drawn for this page. They are decoration: the button's words name it. */

import { html } from "./preact.js";

/** @type {Record<string, string>} */
const PATHS = {
  view: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Zm9.5 3a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
  cart: "M3 4h2.2l2.3 11h10l2.3-8H6.2M9 20a1 1 0 1 0 0-.01M16.5 20a1 1 0 1 0 0-.01",
  remove: "M5 12h14",
  buy: "M5.5 8h13l1 12.5h-15L5.5 8Zm3 3V7a3.5 3.5 0 0 1 7 0v4",
  dislike: "M6 6l12 12M18 6 6 18",
  down: "M6 9.5l6 6 6-6",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Zm4.8-1.7L20.5 20.5",
  dark: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z",
  light: "M12 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M4.9 4.9l1.8 1.8M17.3 17.3l1.8 1.8M19.1 4.9l-1.8 1.8M6.7 17.3l-1.8 1.8",
  auto: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-18v18M12 7h5M12 12h8.5M12 17h5",
  cut: "M9 3v5M15 3v5M7 8h10v3a5 5 0 0 1-10 0V8ZM12 16v5",
  visitor: "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 9a8 8 0 0 1 16 0M19 3v5M16.5 5.5h5",
  surprise: "M4 4h16v16H4V4Zm4 4v.01M16 8v.01M12 12v.01M8 16v.01M16 16v.01",
  forget: "M4 6.5h16M9 6V4h6v2M6 6.5l1 14h10l1-14M10 10.5v6M14 10.5v6",
  copy: "M8.5 8.5h11v11h-11v-11ZM15.5 8V4.5h-11v11H8",
  close: "M6 6l12 12M18 6 6 18",
};

/** @param {{name: string}} properties */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}
