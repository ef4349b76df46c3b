// @ts-check
/** One product on the shelf. */

import { money } from "./format.js";
import { Picture } from "./picture.js";
import { Component, html } from "./preact.js";

/** @typedef {{product: import("./types.js").Product, inCart: boolean, act: (type: string, itemId: string) => void}} CardProperties */

/** Drawn again only when it changes itself: a shelf of hundreds must not delay the list. */
export class Card extends Component {
  /** @param {CardProperties} next */
  shouldComponentUpdate(next) {
    return next.product !== this.props.product || next.inCart !== this.props.inCart;
  }

  /** @param {CardProperties} properties */
  render({ product, inCart, act }) {
    const { item_id: id, title, brand, price, currency } = product;
    const soldOut = product.in_stock === false;
    return html`<li class="card" data-item=${id}>
      <div class="card-picture" onClick=${() => act("view", id)}>
        <${Picture} product=${product} />
        ${soldOut
          ? html`<span class="badge badge-out">Sold out</span>`
          : product.new && html`<span class="badge badge-new">New</span>`}
      </div>
      <h3 class="card-title">${title}</h3>
      <p class="card-facts">
        <span class="brand-name" title=${brand}>${brand}</span> <span class="price">${money(price, currency)}</span>
      </p>
      <div class="card-actions">
        <button class="button" data-action="view" onClick=${() => act("view", id)}>
          View<span class="hidden"> ${title}</span>
        </button>
        ${inCart
          ? html`<button class="button in-cart" data-action="remove_from_cart" onClick=${() => act("remove_from_cart", id)}>
              In cart<span class="hidden">: take out ${title}</span>
            </button>`
          : html`<button class="button" data-action="add_to_cart" disabled=${soldOut} onClick=${() => act("add_to_cart", id)}>
              Add<span class="hidden"> ${title} to the cart</span>
            </button>`}
        <button class="button strong" data-action="purchase" disabled=${soldOut} onClick=${() => act("purchase", id)}>
          Buy<span class="hidden"> ${title}</span>
        </button>
      </div>
    </li>`;
  }
}
