// @ts-check
/** A score taken apart, in plain words. */

/** @type {Record<string, string>} */
const NAMES = {
  sequence: "looked at next",
  co_view: "viewed together",
  co_purchase: "bought together",
  conversion: "bought after viewing",
  content: "similar products",
  walk: "related products",
  collaborative: "bought with such",
  session_knn: "sessions like yours",
  trending: "trending now",
  is_last: "your last product",
  recency: "seen by you before",
  times_seen: "seen by you before",
  log_popularity: "popularity",
  by_add_to_cart: "what is in your cart",
  by_purchase: "what you bought",
  boost: "boosted by the shop",
};

/**
 * The parts by what they mean, the largest first: a source's score and its logarithm speak of the same.
 * @param {Record<string, number>} contributions
 * @returns {{name: string, amount: number}[]}
 */
export function partsOf(contributions) {
  /** @type {Map<string, number>} */
  const parts = new Map();
  for (const [feature, amount] of Object.entries(contributions)) {
    const source = feature in NAMES ? feature : feature.replace(/^log_/, "");
    const name = NAMES[source] ?? source.replaceAll("_", " ");
    parts.set(name, (parts.get(name) ?? 0) + amount);
  }
  return [...parts]
    .map(([name, amount]) => ({ name, amount }))
    .filter(({ amount }) => amount !== 0)
    .sort((one, other) => Math.abs(other.amount) - Math.abs(one.amount));
}

/**
 * The amounts rounded to `digits` so that what is written adds up to the rounded sum: those whose rounding lost most
 * take the difference.
 * @param {number[]} amounts
 * @param {number} digits
 */
export function roundedToSum(amounts, digits) {
  const unit = 10 ** digits;
  const exact = amounts.map((amount) => amount * unit);
  const floors = exact.map(Math.floor);
  const sum = Math.round(exact.reduce((total, amount) => total + amount, 0));
  let missing = sum - floors.reduce((total, amount) => total + amount, 0);
  const byLoss = exact
    .map((amount, place) => ({ place, loss: amount - floors[place] }))
    .sort((one, other) => other.loss - one.loss);
  for (const { place } of byLoss) {
    if (missing <= 0) break;
    floors[place] += 1;
    missing -= 1;
  }
  return floors.map((amount) => amount / unit);
}
