// @ts-check
/** Puts the page together and opens it for the user of the address. */

import { createActions, randomHex } from "./actions.js";
import { Announcer, Notice } from "./announce.js";
import { Dock } from "./dock.js";
import { Grid } from "./grid.js";
import { Banners, Header } from "./header.js";
import { NARROW, useMedia } from "./media.js";
import { Panel } from "./panel.js";
import { Picker } from "./picker.js";
import { html, render } from "./preact.js";
import { initialState, reduce } from "./state.js";
import { createStore, Page } from "./store.js";

const FIRST_USER = "1";

/** @param {{page: object}} properties */
function App({ page }) {
  const narrow = useMedia(NARROW);
  return html`<${Page.Provider} value=${page}>
    <${Banners} />
    <${Header} />
    <main class="main">
      <div class="floor"><${Picker} /><${Grid} /></div>
      <${Panel} />
    </main>
    ${!narrow && html`<${Dock} />`}
    <${Announcer} />
    <${Notice} />
  <//>`;
}

/** Facts for whoever watches the page from outside. @param {{state: import("./types.js").State}} store */
function facts(store) {
  return Object.freeze({
    get latencies() {
      return [...store.state.latencies];
    },
    get revision() {
      return store.state.list?.revision ?? null;
    },
    get computedAt() {
      return store.state.list?.computed_at ?? null;
    },
    get items() {
      return store.state.list?.items.map(({ item_id }) => item_id) ?? [];
    },
    get userId() {
      return store.state.userId;
    },
    get connection() {
      return store.state.connection.status;
    },
    get worker() {
      return store.state.list?.worker ?? null;
    },
    get acts() {
      return structuredClone(store.state.acts);
    },
  });
}

const asked = new URLSearchParams(location.search).get("user") ?? FIRST_USER;
const userId = /^[A-Za-z0-9][A-Za-z0-9._~@-]{0,127}$/.test(asked) ? asked : `visitor-${randomHex(3)}`;
const store = createStore(reduce, initialState(userId));
const actions = createActions(store);
Object.defineProperty(window, "tandemDemo", { value: facts(store) });

const root = /** @type {HTMLElement} */ (document.getElementById("app"));
root.replaceChildren();
render(html`<${App} page=${{ store, actions }} />`, root);
