// @ts-check
/** How amounts, times and names are written. */

/** @type {Map<string, Intl.NumberFormat>} */
const currencies = new Map();

/** @param {number | null | undefined} price @param {string | null | undefined} currency */
export function money(price, currency) {
  if (price === null || price === undefined) return "";
  if (!currency) return price.toFixed(2);
  let format = currencies.get(currency);
  if (!format) {
    format = new Intl.NumberFormat("en-IE", { style: "currency", currency });
    currencies.set(currency, format);
  }
  return format.format(price);
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/** @param {number} epochMs */
export function timeOfDay(epochMs) {
  return CLOCK.format(epochMs);
}

/** @param {number} ms */
export function milliseconds(ms) {
  if (ms >= 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** @param {number} amount */
export function signed(amount) {
  return `${amount < 0 ? "−" : "+"}${Math.abs(amount).toFixed(3)}`;
}

/** @param {number} count @param {string} noun */
export function plural(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** @param {string} title */
export function initials(title) {
  const words = title.split(/[\s_-]+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  return words
    .slice(0, 2)
    .map((word) => [...word][0].toUpperCase())
    .join("");
}

/** What an act is called where it is told. @type {Record<string, string>} */
const ACTS = {
  view: "viewed",
  add_to_cart: "added to cart",
  remove_from_cart: "took out of the cart",
  purchase: "bought",
  dislike: "is not interested in",
  refund: "returned",
  impression: "saw",
};

/** @param {string} type */
export function actWord(type) {
  return ACTS[type] ?? type.replaceAll("_", " ");
}
