// @ts-check
/** The page's head: whose shop it is, how the connection stands, and what one has to know before trusting it. */

import { CartButton } from "./cart.js";
import { Icon } from "./icons.js";
import { html, useState } from "./preact.js";
import { useActions, useSelect } from "./store.js";
import { currentTheme, nextTheme } from "./theme.js";

export function Header() {
  const name = useSelect((state) => state.shop.name);
  return html`<header class="top">
    <a class="skip" href="#shop">Skip to the products</a>
    <a class="skip" href="#list">Skip to the list</a>
    <h1 class="brand">
      <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
        <path class="brand-pine" d="M16 2 8 12h4l-6 8h20l-6-8h4L16 2Z" />
        <path class="brand-sea" d="M3 24c3.2-2.6 5.4-2.6 8.6 0s5.6 2.6 8.8 0 5.4-2.6 8.6 0M7 29c2.6-2 4.4-2 7 0s4.4 2 7 0" />
      </svg>
      ${name}
    </h1>
    <div class="top-tools">
      <${Connection} />
      <${ThemeButton} />
      <${CartButton} />
    </div>
  </header>`;
}

const WORDS = {
  connecting: "Connecting",
  connected: "Connected",
  reconnecting: "Reconnecting",
  offline: "Offline",
};

function Connection() {
  const { status, detail } = useSelect((state) => state.connection);
  const worker = useSelect((state) => state.list?.worker || state.shop.worker);
  const { cut } = useActions();
  return html`<div class="connection" title=${detail || undefined}>
    <p class="chip" id="connection" role="status" data-status=${status} data-worker=${worker}>
      <span class="chip-dot" aria-hidden="true"></span><span class="chip-word">${WORDS[status]}</span>
      ${status === "connected" && worker && html`<span class="worker">to ${worker}</span>`}
    </p>
    <button class="button quiet-button" id="cut" disabled=${status !== "connected"} onClick=${cut}>
      <${Icon} name="cut" /><span class="cut-word">Cut my connection</span>
    </button>
  </div>`;
}

/** @type {Record<import("./theme.js").Theme, string>} */
const THEMES = { auto: "as your device", light: "light", dark: "dark" };

function ThemeButton() {
  const [theme, setTheme] = useState(currentTheme);
  return html`<button class="icon-button" id="theme" data-theme-is=${theme} onClick=${() => setTheme(nextTheme())}>
    <${Icon} name=${theme} /><span class="hidden">Colours: ${THEMES[/** @type {import("./theme.js").Theme} */ (theme)]}. Change</span>
  </button>`;
}

/** What somebody who found the page has to know. */
export function Banners() {
  const open = useSelect((state) => state.shop.demo_open);
  const toy = useSelect((state) => state.shop.toy_store);
  if (!open && !toy) return null;
  return html`<aside class="banners" aria-label="Warnings">
    ${open && html`<p id="banner-open"><strong>Open demo:</strong> everybody who reaches this page can do everything</p>`}
    ${toy && html`<p id="banner-toy"><strong>Toy store:</strong> nothing survives a restart</p>`}
  </aside>`;
}
