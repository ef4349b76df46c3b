// @ts-check
/** One place of the recommendation list. */

import { money } from "./format.js";
import { Icon } from "./icons.js";
import { Picture } from "./picture.js";
import { html, useState } from "./preact.js";
import { productOf } from "./products.js";
import { useActions } from "./store.js";
import { Why } from "./why.js";

/** @typedef {import("./types.js").Move} Move */

/**
 * @param {{place: number, listed: import("./types.js").Listed, move: Move | undefined,
 *   items: import("./types.js").Product[], userId: string, revision: number}} properties
 */
export function Row({ place, listed, move, items, userId, revision }) {
  const [open, setOpen] = useState(false);
  const product = productOf(items, listed.item_id, listed.attributes);
  const whyId = `why-${listed.item_id}`;
  return html`<li class="row" data-key=${listed.item_id} data-item=${listed.item_id} data-move=${move?.kind ?? "same"}>
    <div class="row-main">
      <div class="row-place"><span class="place">${place}</span><${Mark} move=${move} /></div>
      <${Picture} product=${product} />
      <div class="row-text">
        <p class="row-title" title=${product.title}>${product.title}</p>
        <p class="reason" data-code=${listed.reason.code} title=${listed.reason.text}>${listed.reason.text}</p>
      </div>
      <p class="price">${money(product.price, product.currency)}</p>
      <${QuickActions} product=${product} />
      <button
        class="why-button"
        data-action="why"
        aria-expanded=${open ? "true" : "false"}
        aria-controls=${whyId}
        onClick=${() => setOpen(!open)}
      >
        Why<span class="hidden"> ${product.title}?</span><${Icon} name="down" />
      </button>
    </div>
    ${open && html`<${Why} id=${whyId} userId=${userId} listed=${listed} revision=${revision} />`}
  </li>`;
}

/** @param {{move: Move | undefined}} properties */
function Mark({ move }) {
  if (move?.kind === "new") return html`<span class="mark mark-new">new</span>`;
  if (move?.kind === "up") {
    return html`<span class="mark mark-up"><span aria-hidden="true">▲</span><span class="hidden">up </span>${move.places}</span>`;
  }
  if (move?.kind === "down") {
    return html`<span class="mark mark-down"><span aria-hidden="true">▼</span><span class="hidden">down </span>${move.places}</span>`;
  }
  return null;
}

/** @param {{product: import("./types.js").Product}} properties */
function QuickActions({ product }) {
  const { act } = useActions();
  const { item_id: id, title } = product;
  const soldOut = product.in_stock === false;
  /** @param {string} type @param {string} icon @param {string} words @param {boolean} [disabled] */
  const button = (type, icon, words, disabled = false) =>
    html`<button class="icon-button" data-action=${type} title=${words} disabled=${disabled} onClick=${() => act(type, id)}>
      <${Icon} name=${icon} /><span class="hidden">${words}: ${title}</span>
    </button>`;
  return html`<div class="quick">
    ${button("view", "view", "View")}${button("add_to_cart", "cart", "Add to cart", soldOut)}
    ${button("purchase", "buy", "Buy", soldOut)}${button("dislike", "dislike", "Not interested")}
  </div>`;
}
