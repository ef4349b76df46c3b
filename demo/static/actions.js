// @ts-check
/** What a visitor can do on the page. */

import { fetchHistory, fetchPopular, fetchShop, forgetUser, letShoppersAct, Refused } from "./api.js";
import { repeat } from "./repeat.js";
import { openSession } from "./session.js";

const TRAFFIC_PAUSE_MS = 1_000;
const POPULAR_PAUSE_MS = 4_000;
const SHOP_PAUSE_MS = 2_000;
/** Statuses of a no that another try does not change. */
const REFUSALS = new Set([401, 403, 404]);

/** @param {{state: import("./types.js").State, dispatch: (message: any) => void}} store */
export function createActions(store) {
  const { dispatch } = store;
  let session = openSession(store.state.userId, hear);
  let endTraffic = () => {};
  let endLoading = () => {};
  let broken = false;

  /** @param {{is: string, [rest: string]: any}} message */
  function hear(message) {
    dispatch(message);
    if (message.is === "connection changed") {
      // Whoever answers after a break may be another worker, with another store.
      if (message.status === "connected" && broken) loadShop();
      broken = message.status !== "connected";
    }
    if (message.is === "list came" && message.first) loadHistory(message.list);
  }

  /** @param {import("./types.js").PushedList} list */
  async function loadHistory({ user_id: asked, revision }) {
    // Revision 0 is that of somebody who has done nothing yet.
    const history = revision ? await fetchHistory(asked).catch(() => null) : [];
    if (history && asked === store.state.userId) dispatch({ is: "history came", history });
  }

  function loadShop() {
    endLoading();
    endLoading = repeat(async () => {
      try {
        const shop = await fetchShop();
        dispatch({ is: "shop came", shop });
        // An empty shop is asked for again: it may be being set up just now.
        if (shop.items.length) endLoading();
      } catch (error) {
        dispatch({ is: "shop failed", detail: String(/** @type {Error} */ (error).message) });
        throw error;
      }
    }, SHOP_PAUSE_MS);
  }

  async function loadPopular() {
    dispatch({ is: "popular came", popular: await fetchPopular() });
  }

  /** @param {string} next */
  function become(next) {
    session.close();
    dispatch({ is: "user switched", userId: next });
    showInAddress(next);
    session = openSession(next, hear);
  }

  /** @param {string} type @param {string} itemId @param {object} [more] */
  function act(type, itemId, more = {}) {
    const clicked = performance.now();
    const eventId = `page-${randomHex(8)}`;
    dispatch({
      is: "act began",
      act: { eventId, type, itemId, at: Date.now(), clicked, state: "sent" },
    });
    session.send({ event_id: eventId, type, item_id: itemId, ...more });
  }

  showInAddress(store.state.userId);
  loadShop();
  repeat(loadPopular, POPULAR_PAUSE_MS, 0);
  document.addEventListener("visibilitychange", () => {
    // A hidden page draws no frames.
    if (document.hidden) dispatch({ is: "page hidden" });
  });

  return {
    become,
    act,
    becomeNew() {
      become(`visitor-${randomHex(3)}`);
    },
    surprise() {
      const others = store.state.shop.personas.filter((p) => p.user_id !== store.state.userId);
      if (others.length) become(others[Math.floor(Math.random() * others.length)].user_id);
    },
    /** One order: what is bought with it is bought together. @param {string[]} itemIds */
    buyAll(itemIds) {
      const order = { order_id: `order-${randomHex(6)}` };
      for (const itemId of itemIds) act("purchase", itemId, order);
    },
    async forget() {
      const forgotten = store.state.userId;
      session.close();
      try {
        await forgetUser(forgotten);
        dispatch({ is: "noticed", text: "Forgotten: every count that came from this user is taken back." });
      } catch (error) {
        dispatch({ is: "noticed", text: `Not forgotten: ${/** @type {Error} */ (error).message}` });
      }
      become(forgotten);
    },
    cut() {
      session.cut();
    },
    /** @param {boolean} on */
    switchTraffic(on) {
      endTraffic();
      dispatch({ is: "traffic switched", on });
      endTraffic = on ? repeat(traffic, TRAFFIC_PAUSE_MS) : () => {};
    },
    /** @param {boolean} on */
    showEverybody(on) {
      dispatch({ is: "everybody switched", on });
    },
    /** @param {string} text */
    notice(text) {
      dispatch({ is: "noticed", text });
    },
    /** @param {string} eventId */
    painted(eventId) {
      dispatch({ is: "list painted", eventId, at: performance.now() });
    },
  };

  async function traffic() {
    try {
      const events = await letShoppersAct();
      const at = Date.now();
      const acts = events.map((event) => ({
        key: randomHex(6),
        userId: event.user_id,
        type: event.type,
        itemId: event.item_id,
        at,
      }));
      dispatch({ is: "shoppers acted", acts });
    } catch (error) {
      const detail = String(/** @type {Error} */ (error).message);
      if (error instanceof Refused && REFUSALS.has(error.status)) {
        endTraffic();
        dispatch({ is: "traffic refused", detail });
        return;
      }
      dispatch({ is: "traffic failed", detail });
      throw error;
    }
  }
}

/** Whoever opens the address comes as this user. @param {string} userId */
function showInAddress(userId) {
  const address = new URL(location.href);
  address.searchParams.set("user", userId);
  history.replaceState(null, "", address);
}

/** `crypto.randomUUID` is not there on pages that came over plain HTTP. @param {number} bytes */
export function randomHex(bytes) {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
