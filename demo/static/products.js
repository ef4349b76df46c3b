// @ts-check
/** Products by id: of the shop's grid, else what a list says of them. */

/** @typedef {import("./types.js").Product} Product */

/** @type {WeakMap<Product[], Map<string, Product>>} */
const indexes = new WeakMap();

/**
 * @param {Product[]} items
 * @param {string} itemId
 * @param {Record<string, any>} [attributes] what a list says of it
 * @returns {Product}
 */
export function productOf(items, itemId, attributes) {
  let index = indexes.get(items);
  if (!index) {
    index = new Map(items.map((item) => [item.item_id, item]));
    indexes.set(items, index);
  }
  return index.get(itemId) ?? { ...attributes, title: attributes?.title || itemId, item_id: itemId };
}

/**
 * The products with the categories taking turns, each in its own order: a shelf shows what the shop has.
 * @param {Product[]} items
 */
export function mixed(items) {
  /** @type {Map<string, Product[]>} */
  const shelves = new Map();
  for (const item of items) {
    const category = item.category ?? "";
    shelves.set(category, [...(shelves.get(category) ?? []), item]);
  }
  const longest = Math.max(0, ...[...shelves.values()].map((shelf) => shelf.length));
  return Array.from({ length: longest }, (_, place) =>
    [...shelves.values()].flatMap((shelf) => shelf.slice(place, place + 1)),
  ).flat();
}

/** @param {Product[]} products @param {(product: Product) => boolean} goesFirst both parts keep their order */
export function firstThose(products, goesFirst) {
  return [...products.filter(goesFirst), ...products.filter((product) => !goesFirst(product))];
}

/** Equal for lists that show the same in the same order. @param {{item_id: string}[]} items */
export function orderOf(items) {
  return items.map(({ item_id }) => item_id).join(" ");
}

/** Who is shopping, as far as that is known yet. @param {import("./types.js").State} state */
export function shopperName({ shop, userId }) {
  const persona = shop.personas.find((one) => one.user_id === userId);
  if (persona) return persona.name;
  if (userId.startsWith("visitor-")) return "New visitor";
  return shop.status === "loading" ? "…" : `User ${userId}`;
}
