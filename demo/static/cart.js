// @ts-check
/** The cart: its badge, and what lies in it. */

import { cartOf } from "./basket.js";
import { Dialog } from "./dialog.js";
import { money, plural } from "./format.js";
import { Icon } from "./icons.js";
import { Picture } from "./picture.js";
import { html, useMemo, useState } from "./preact.js";
import { productOf } from "./products.js";
import { useActions, useSelect } from "./store.js";

/** Ids of what lies in the cart. */
export function useCart() {
  const history = useSelect((state) => state.history);
  return useMemo(() => cartOf(history), [history]);
}

export function CartButton() {
  const cart = useCart();
  const [open, setOpen] = useState(false);
  return html`<button
      class="button cart-button"
      id="cart"
      aria-haspopup="dialog"
      data-count=${cart.length}
      onClick=${() => setOpen(true)}
    >
      <${Icon} name="cart" /><span class="cart-word">Cart</span>
      <span class="badge-count">${cart.length}</span><span class="hidden">${cart.length === 1 ? "product" : "products"}</span>
    </button>
    ${open && html`<${CartDialog} cart=${cart} close=${() => setOpen(false)} />`}`;
}

/** @param {{cart: string[], close: () => void}} properties */
function CartDialog({ cart, close }) {
  const items = useSelect((state) => state.shop.items);
  const { act, buyAll } = useActions();
  const products = cart.map((id) => productOf(items, id));
  const total = products.reduce((sum, { price }) => sum + (price ?? 0), 0);
  const buy = () => {
    buyAll(cart);
    close();
  };
  return html`<${Dialog} id="cart-dialog" title="Your cart" close=${close}>
    ${cart.length === 0
      ? html`<p class="quiet">Nothing in it yet. “Add” puts a product here, and your list answers.</p>`
      : html`<ul class="cart-items">
            ${products.map(
              (product) => html`<li key=${product.item_id}>
                <${Picture} product=${product} />
                <span class="cart-title">${product.title}</span>
                <span class="price">${money(product.price, product.currency)}</span>
                <button
                  class="icon-button"
                  data-action="remove_from_cart"
                  onClick=${() => act("remove_from_cart", product.item_id)}
                >
                  <${Icon} name="remove" /><span class="hidden">Take out ${product.title}</span>
                </button>
              </li>`,
            )}
          </ul>
          <button class="button strong" data-action="buy-all" onClick=${buy}>
            Buy ${plural(cart.length, "product")} for ${money(total, products[0].currency)}
          </button>
          <p class="quiet">Sent as one order: what is in it counts as bought together.</p>`}
  <//>`;
}
