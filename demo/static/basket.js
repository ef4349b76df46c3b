// @ts-check
/** What lies in the cart, by what the visitor did. */

const LEAVES = new Set(["purchase", "remove_from_cart"]);

/**
 * Item ids, oldest first.
 * @param {import("./types.js").PastEvent[]} history newest first
 */
export function cartOf(history) {
  const cart = new Set();
  for (const { type, item_id } of history.toReversed()) {
    if (type === "add_to_cart") cart.add(item_id);
    else if (LEAVES.has(type)) cart.delete(item_id);
  }
  return [...cart];
}
