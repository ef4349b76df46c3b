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
export function stages(act) {
  const total = (act.painted ?? 0) - act.clicked;
  const untilList = (act.pushed ?? 0) - act.clicked;
  const accepted = Math.min((act.accepted ?? act.pushed ?? 0) - act.clicked, untilList);
  const scored = Math.min(act.scoredMs ?? 0, untilList - accepted);
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
