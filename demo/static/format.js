// @ts-check
/** How amounts, times and names are written. */

// By hand: the first use of Intl takes longer than all else that the page computes before its first list.
/** @type {Record<string, string>} */
const SIGNS = { EUR: "€", USD: "$", GBP: "£" };
const THOUSANDS = /\B(?=(\d{3})+\.)/g;

/** @param {number | null | undefined} price @param {string | null | undefined} currency */
export function money(price, currency) {
  if (price === null || price === undefined) return "";
  const amount = price.toFixed(2).replace(THOUSANDS, ",");
  const sign = SIGNS[currency ?? ""];
  return sign ? sign + amount : `${amount} ${currency ?? ""}`.trimEnd();
}

/** @param {number} epochMs */
export function timeOfDay(epochMs) {
  const time = new Date(epochMs);
  return [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
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
