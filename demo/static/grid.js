// @ts-check
/** The shop's shelves: search, categories, and all products. */

import { Card } from "./card.js";
import { useCart } from "./cart.js";
import { plural } from "./format.js";
import { Icon } from "./icons.js";
import { html, useMemo, useState } from "./preact.js";
import { firstThose } from "./products.js";
import { useActions, useSelect } from "./store.js";

const SKELETONS = 12;
/** @type {string[]} */
const NONE = [];

/** @typedef {import("./types.js").Product} Product */

export function Grid() {
  const shop = useSelect((state) => state.shop);
  const [category, setCategory] = useState("");
  const [words, setWords] = useState("");
  const tastes = useSelect(({ shop, userId }) => shop.personas.find((one) => one.user_id === userId)?.tastes) ?? NONE;
  const shelf = useMemo(
    () => firstThose(shop.items, (product) => tastes.includes(product.category ?? "")),
    [shop.items, tastes],
  );
  const shown = useMemo(() => {
    const found = shelf.filter((product) => (!category || product.category === category) && holds(product, words));
    // Who searches wants what others chose before: nobody has done anything with a new product yet.
    return words ? firstThose(found, (product) => !product.new) : found;
  }, [shelf, category, words]);
  return html`<section class="shop" id="shop" aria-labelledby="shop-title" aria-busy=${shop.status === "loading" ? "true" : "false"} tabindex="-1">
    <h2 id="shop-title" class="hidden">Products</h2>
    <div class="shop-head">
      ${shop.categories.length > 1 &&
      html`<${Categories} categories=${shop.categories} chosen=${category} choose=${setCategory} />`}
      ${shop.items.length > 0 &&
      html`<label class="search">
        <${Icon} name="search" /><span class="hidden">Search products</span>
        <input id="search" type="search" placeholder=${`Search ${plural(shop.items.length, "product")}`} value=${words} onInput=${(/** @type {any} */ event) => setWords(event.target.value)} />
      </label>`}
      <p class="hidden" role="status">${(category || words) && `${plural(shown.length, "product")} shown`}</p>
    </div>
    <${Shelves} shop=${shop} shown=${shown} />
  </section>`;
}

/** @param {{categories: string[], chosen: string, choose: (category: string) => void}} properties */
function Categories({ categories, chosen, choose }) {
  return html`<ul class="categories" aria-label="Categories">
    ${["", ...categories].map(
      (category) => html`<li key=${category}>
        <button
          class="category"
          data-category=${category}
          aria-pressed=${category === chosen ? "true" : "false"}
          onClick=${() => choose(category)}
        >
          ${category || "Everything"}
        </button>
      </li>`,
    )}
  </ul>`;
}

/** @param {{shop: import("./types.js").State["shop"], shown: Product[]}} properties */
function Shelves({ shop, shown }) {
  const { act } = useActions();
  const cart = useCart();
  if (shop.status === "loading") {
    return html`<div class="cards" role="status" aria-label="Loading the products">
      ${Array.from({ length: SKELETONS }, (_, place) => html`<div class="card skeleton" key=${place}></div>`)}
    </div>`;
  }
  if (shop.status === "failed") {
    return html`<div class="empty" id="shop-failed" role="status">
      <p class="empty-title">The shop is closed for a moment</p>
      <p>${shop.detail} This page tries again by itself.</p>
    </div>`;
  }
  if (shop.items.length === 0) {
    return html`<div class="empty" id="shop-empty" role="status">
      <p class="empty-title">No products yet</p>
      <p>Run <code>tandem demo --setup</code>, and they appear here by themselves.</p>
    </div>`;
  }
  if (shown.length === 0) return html`<p class="empty" role="status">No product fits this search.</p>`;
  return html`<ul class="cards">
    ${shown.map(
      (product) => html`<${Card} key=${product.item_id} product=${product} inCart=${cart.includes(product.item_id)} act=${act} />`,
    )}
  </ul>`;
}

/** Whether the product has all of the words. @param {Product} product @param {string} words */
function holds({ title, brand, category, tags }, words) {
  const text = [title, brand, category, ...(tags ?? [])].join(" ").toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
