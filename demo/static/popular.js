// @ts-check
/** What is popular: the same for everybody, beside what is not. */

import { FlipList } from "./flip.js";
import { money } from "./format.js";
import { Picture } from "./picture.js";
import { html } from "./preact.js";
import { orderOf, productOf } from "./products.js";
import { useActions, useSelect } from "./store.js";

export function Popular() {
  const popular = useSelect((state) => state.popular);
  const list = useSelect((state) => state.list);
  const items = useSelect((state) => state.shop.items);
  const { act } = useActions();
  const own = new Set(list?.items.map(({ item_id }) => item_id));
  const common = (popular ?? []).filter(({ item_id }) => own.has(item_id)).length;
  return html`<section class="popular" id="popular" aria-labelledby="popular-title">
    <div class="panel-head">
      <h2 id="popular-title">Popular now</h2>
      <p class="quiet facts">
        ${popular?.length && list
          ? html`<span id="common" data-common=${common}>${common} of ${popular.length} in common</span>`
          : "the same for everybody"}
      </p>
    </div>
    ${popular === null && html`<div class="rows">${Array.from({ length: 10 }, (_, n) => html`<div class="row row-small skeleton" key=${n}></div>`)}</div>`}
    ${popular?.length === 0 && html`<p class="empty">Nobody has looked at anything yet.</p>`}
    ${popular &&
    popular.length > 0 &&
    html`<${FlipList} class="rows" order=${orderOf(popular)}>
      ${popular.map(({ item_id, attributes }, place) => {
        const product = productOf(items, item_id, attributes);
        return html`<li class="row row-small" key=${item_id} data-key=${item_id} data-item=${item_id} data-common=${own.has(item_id) ? "true" : "false"}>
          <button class="popular-item" data-action="view" title="View" onClick=${() => act("view", item_id)}>
            <span class="place">${place + 1}</span>
            <${Picture} product=${product} />
            <span class="row-text">
              <span class="hidden">View </span><span class="row-title" title=${product.title}>${product.title}</span>
              <span class="reason">${money(product.price, product.currency)}${own.has(item_id) && html`<span class="shared">yours</span>`}</span>
            </span>
          </button>
        </li>`;
      })}
    <//>`}
  </section>`;
}
