// @ts-check
/** A task that runs again and again, one at a time: with pauses, longer ones after failures, none while nobody looks. */

const HIDDEN_GRACE_MS = 30_000;
const PAUSE_MAX_MS = 30_000;

/**
 * Begins at once; the returned function ends it.
 * @param {() => Promise<void>} task
 * @param {number} pauseMs
 * @param {number} [hiddenGraceMs] how long it goes on while the page is hidden
 */
export function repeat(task, pauseMs, hiddenGraceMs = HIDDEN_GRACE_MS) {
  let ended = false;
  let failures = 0;
  let hiddenSince = document.hidden ? performance.now() : Infinity;
  /** @type {number | undefined} */
  let timer;
  let waitsForEyes = false;

  async function turn() {
    if (performance.now() - hiddenSince > hiddenGraceMs) {
      waitsForEyes = true;
      return;
    }
    try {
      await task();
      failures = 0;
    } catch {
      failures += 1;
    }
    if (!ended) timer = setTimeout(turn, Math.min(PAUSE_MAX_MS, pauseMs * 2 ** failures));
  }

  function looked() {
    hiddenSince = document.hidden ? performance.now() : Infinity;
    if (document.hidden || !waitsForEyes) return;
    waitsForEyes = false;
    turn();
  }

  document.addEventListener("visibilitychange", looked);
  turn();
  return () => {
    ended = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", looked);
  };
}
