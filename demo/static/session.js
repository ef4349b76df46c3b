// @ts-check
/** One user's connection: lists in, acts out. */

import { SOCKET_PATH } from "./api.js";
import { io } from "./vendor/socket.io-client/socket.io.esm.min.js";

const PAUSE_MS = 500;
const PAUSE_MAX_MS = 8_000;
/** A socket may send ten messages a second. */
const RESEND_MS = 110;
/** Whoever is told to try again so soon keeps the event and does. */
const RETRY_MAX_S = 10;
/** Long enough to do something meanwhile, and to see that it is kept. */
const CUT_MS = 5_000;

/** @typedef {import("./types.js").PushedList} PushedList */

/**
 * Connects as the user and stays connected until `close`.
 * @param {string} userId
 * @param {(message: {is: string, [rest: string]: any}) => void} dispatch
 */
export function openSession(userId, dispatch) {
  /** Events without an answer yet. @type {Map<string, object>} */
  const unanswered = new Map();
  /** @type {PushedList | null} */
  let newest = null;
  let refusals = 0;
  let cut = false;
  /** @type {number | undefined} */
  let retry;
  const socket = io({
    path: SOCKET_PATH,
    transports: ["websocket"],
    auth: { user_id: userId, explain: true },
    forceNew: true,
    reconnectionDelay: PAUSE_MS,
    reconnectionDelayMax: PAUSE_MAX_MS,
  });

  socket.on("connect", () => {
    refusals = 0;
    cut = false;
    socket.io.reconnection(true);
    socket.io.reconnectionDelay(PAUSE_MS);
    // The store may have been emptied meanwhile: the first list of a connection holds, whatever its revision.
    newest = null;
    dispatch({ is: "connection changed", status: "connected" });
    // The same event id counts once, so sending again what had no answer is harmless.
    [...unanswered.values()].forEach((event, n) => setTimeout(() => transmit(event), n * RESEND_MS));
  });
  socket.on("recommendations", (/** @type {PushedList} */ list) => {
    if (list.user_id !== userId || isOlder(list, newest)) return;
    const first = newest === null;
    newest = list;
    dispatch({ is: "list came", list, first, at: performance.now() });
  });
  socket.on("server_draining", (/** @type {{retry_after_ms: number}} */ message) => {
    socket.io.reconnectionDelay(Math.max(PAUSE_MS, message.retry_after_ms));
  });
  socket.on("error", (/** @type {any} */ problem) => say(problem));
  socket.on("disconnect", () => {
    say();
    retryByHand();
  });
  socket.on("connect_error", (/** @type {any} */ error) => {
    say(error.data);
    retryByHand();
  });
  // A connection that comes back by itself tells so earlier than the next attempt would.
  const online = () => {
    if (!socket.connected) socket.disconnect().connect();
  };
  const offline = () => say();
  addEventListener("online", online);
  addEventListener("offline", offline);

  /** @param {any} [problem] */
  function say(problem) {
    if (socket.connected) return;
    const status = navigator.onLine ? "reconnecting" : "offline";
    dispatch({ is: "connection changed", status, cut, detail: problem?.detail });
  }

  function retryByHand() {
    // The library tries again by itself after a lost transport, but not after a refusal.
    if (socket.active) return;
    clearTimeout(retry);
    const pause = Math.min(PAUSE_MAX_MS, PAUSE_MS * 2 ** refusals);
    refusals += 1;
    retry = setTimeout(() => socket.connect(), pause);
  }

  /** @param {any} event */
  function transmit(event) {
    if (!socket.connected || !unanswered.has(event.event_id)) return;
    socket.emit("event", event, (/** @type {any} */ answer) => {
      const retryAfterS = answer.problem?.retry_after_s;
      if (retryAfterS <= RETRY_MAX_S) {
        setTimeout(() => transmit(event), 1_000 * retryAfterS);
        return;
      }
      if (!unanswered.delete(event.event_id)) return;
      const eventId = event.event_id;
      if (answer.ok) {
        dispatch({ is: "act accepted", eventId, revision: answer.revision, at: performance.now() });
      } else {
        dispatch({ is: "act refused", eventId, detail: answer.problem.detail });
      }
    });
  }

  return {
    /** Sends it now, or as soon as there is a connection. @param {{event_id: string, [rest: string]: any}} event */
    send(event) {
      unanswered.set(event.event_id, event);
      transmit(event);
    },
    /** Tears the transport down, as a lost network would, and keeps it so for a while. */
    cut() {
      cut = true;
      socket.io.reconnection(false);
      socket.io.engine?.close();
      clearTimeout(retry);
      retry = setTimeout(() => {
        cut = false;
        socket.io.reconnection(true);
        socket.connect();
      }, CUT_MS);
    },
    close() {
      clearTimeout(retry);
      removeEventListener("online", online);
      removeEventListener("offline", offline);
      socket.off();
      socket.disconnect();
    },
  };
}

/** @param {PushedList} list @param {PushedList | null} newest */
function isOlder(list, newest) {
  if (!newest) return false;
  const byRevision = list.revision - newest.revision;
  return (byRevision || list.computed_at - newest.computed_at) < 0;
}
