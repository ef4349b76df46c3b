// @ts-check
/** The visitor's own list, which moves. */

import { FlipList } from "./flip.js";
import { timeOfDay } from "./format.js";
import { afterPaint } from "./latency.js";
import { Picture } from "./picture.js";
import { html, useLayoutEffect } from "./preact.js";
import { orderOf, productOf, shopperName } from "./products.js";
import { Row } from "./row.js";
import { useActions, useSelect } from "./store.js";

const SKELETONS = 10;
const PEEKED = 5;

/** @type {Record<string, string>} */
const BASES = {
  trending: "New here, so this is what is popular. View a product, and the list becomes yours.",
  newest: "Nobody has looked at anything yet, so this is what is newest.",
};

const CUT = "You cut the connection: it is opened again in a few seconds. What you do meanwhile is kept, and sent then.";

export function RecommendationList() {
  const list = useSelect((state) => state.list);
  const name = useSelect(shopperName);
  const away = useSelect((state) => state.connection.status) !== "connected";
  useTellPainted(list);
  return html`<section class="list" id="list" aria-labelledby="list-title" tabindex="-1" data-stale=${away && list ? "true" : "false"}>
    <div class="panel-head">
      <h2 id="list-title">For ${name}</h2>
      ${list &&
      html`<p class="quiet facts" id="list-facts" data-revision=${list.revision}>
        revision <span class="number">${list.revision}</span> · ${timeOfDay(list.computed_at)}
      </p>`}
    </div>
    ${list && away && html`<${Away} />`}
    ${list && BASES[list.basis] && html`<p class="hint">${BASES[list.basis]}</p>`}
    <${Rows} list=${list} />
  </section>`;
}

function Away() {
  const { status, cut, detail } = useSelect((state) => state.connection);
  return html`<p class="trouble" id="away" role="status">
    ${status === "offline" ? "You are offline." : cut ? CUT : "The service is away."} ${detail} This is the last list; it
    is brought up to date as soon as the connection is back.
  </p>`;
}

/** @param {{list: import("./types.js").PushedList | null}} properties */
function Rows({ list }) {
  const items = useSelect((state) => state.shop.items);
  const moves = useSelect((state) => state.moves);
  const { status, detail } = useSelect((state) => state.connection);
  if (!list) {
    const trouble = status === "reconnecting" || status === "offline";
    return html`${trouble &&
      html`<p class="trouble" id="away" role="status">The service does not answer. ${detail} This page tries again by itself.</p>`}
      <div role="status" aria-label="Loading the list">
        ${Array.from({ length: SKELETONS }, (_, place) => html`<div class="row skeleton" key=${place}></div>`)}
      </div>`;
  }
  if (list.items.length === 0) {
    return html`<p class="empty" id="list-empty">Nothing to recommend: the shop is empty, or everything in it was bought or
      declined.</p>`;
  }
  return html`<${FlipList} class="rows" id="rows" order=${orderOf(list.items)}>
    ${list.items.map(
      (listed, place) => html`<${Row}
        key=${listed.item_id}
        place=${place + 1}
        listed=${listed}
        move=${moves[listed.item_id]}
        items=${items}
        userId=${list.user_id}
        revision=${list.computed_at}
      />`,
    )}
  <//>`;
}

/** The first of the list in one line, for where there is no room for more. */
export function Peek() {
  const list = useSelect((state) => state.list);
  const items = useSelect((state) => state.shop.items);
  if (!list) return html`<div class="peek skeleton"></div>`;
  return html`<${FlipList} class="peek" aria-hidden="true" order=${orderOf(list.items.slice(0, PEEKED))}>
    ${list.items.slice(0, PEEKED).map(
      (listed) => html`<li key=${listed.item_id} data-key=${listed.item_id}>
        <${Picture} product=${productOf(items, listed.item_id, listed.attributes)} />
      </li>`,
    )}
  <//>`;
}

/** @param {import("./types.js").PushedList | null} list */
function useTellPainted(list) {
  const { painted } = useActions();
  useLayoutEffect(() => {
    const cause = list?.changed_by;
    if (cause) afterPaint(() => painted(cause.event_id));
  }, [list]);
}
