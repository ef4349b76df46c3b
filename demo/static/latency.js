// @ts-check
/** From click to paint: the stages of one act, and the middle and the tail of many. */

export const KEPT = 100;

/**
 * The stages of a painted act in ms, in the order they happen; they add up to the total.
 *
 * The list may overtake the acknowledgement, for they travel apart: the wait for the acknowledgement then ends when the
 * list is there. Of the time until the list, the server's own share is what it measured itself.
 * @param {import("./types.js").Act} act
 */
export function stages({ clicked = 0, accepted: answered, scoredMs = 0, pushed = 0, painted = 0 }) {
  const total = painted - clicked;
  const untilList = pushed - clicked;
  const accepted = Math.min((answered ?? pushed) - clicked, untilList);
  const scored = Math.min(scoredMs, untilList - accepted);
  return {
    total,
    parts: [
      { name: "accepted", ms: accepted },
      { name: "scored", ms: scored },
      { name: "pushed", ms: untilList - accepted - scored },
      { name: "painted", ms: total - untilList },
    ],
  };
}

/** @param {number[]} values @param {number} share between 0 and 1 */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** Calls back once the frame with the latest changes of the page has been drawn. @param {() => void} then */
export function afterPaint(then) {
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => then();
    channel.port2.postMessage(null);
  });
}
