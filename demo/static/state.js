// @ts-check
/** What the page remembers, and how each message changes it. Pure. */

import { KEPT } from "./latency.js";
import { movesBetween, placesChanged } from "./moves.js";
import { mixed } from "./products.js";

const ACTS_KEPT = 100;
const SHOPPER_ACTS_KEPT = 200;

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Act} Act */

/** @param {string} userId @returns {State} */
export function initialState(userId) {
  return {
    shop: {
      status: "loading",
      detail: "",
      name: "Tandem",
      sample: false,
      demo_open: false,
      toy_store: false,
      worker: "",
      categories: [],
      items: [],
      personas: [],
    },
    userId,
    history: [],
    connection: { status: "connecting", cut: false, detail: "" },
    list: null,
    moves: {},
    popular: null,
    acts: [],
    shoppers: [],
    latencies: [],
    traffic: { on: false, detail: "" },
    everybody: false,
    notice: null,
  };
}

/** @type {Record<string, (state: State, message: any) => Partial<State>>} */
const CHANGES = {
  "shop came": (_state, { shop }) => ({
    shop: { ...shop, items: mixed(shop.items), status: "ready", detail: "" },
  }),
  "shop failed": (state, { detail }) => ({
    shop: { ...state.shop, detail, status: state.shop.items.length ? "ready" : "failed" },
  }),
  "user switched": (state, { userId }) => ({
    userId,
    history: [],
    list: null,
    moves: {},
    acts: [],
    connection: { status: "connecting", cut: false, detail: "" },
  }),
  "history came": (state, { history }) => ({ history }),
  "connection changed": (state, { status, cut, detail }) => ({
    connection: { status, cut: cut ?? false, detail: detail ?? "" },
    acts: status === "connected" ? state.acts : state.acts.map(unmeasured),
  }),
  "page hidden": (state) => ({ acts: state.acts.map(unmeasured) }),
  "list came": listCame,
  "list painted": listPainted,
  "popular came": (state, { popular }) => ({ popular }),
  "act began": (state, { act }) => ({ acts: [act, ...state.acts].slice(0, ACTS_KEPT) }),
  "act accepted": actAccepted,
  "act refused": (state, { eventId, detail }) => ({
    acts: change(state.acts, eventId, () => ({ state: "refused" })),
    notice: { text: `Not recorded: ${detail}`, key: Date.now() },
  }),
  // Who lets others act wants to see what they do.
  "traffic switched": (state, { on }) => ({ traffic: { on, detail: "" }, everybody: on || state.everybody }),
  "traffic failed": (state, { detail }) => ({ traffic: { ...state.traffic, detail } }),
  "traffic refused": (_state, { detail }) => ({ traffic: { on: false, detail } }),
  "everybody switched": (_state, { on }) => ({ everybody: on }),
  "shoppers acted": (state, { acts }) => ({
    traffic: { ...state.traffic, detail: "" },
    shoppers: [...acts, ...state.shoppers].slice(0, SHOPPER_ACTS_KEPT),
  }),
  noticed: (state, { text }) => ({ notice: text ? { text, key: Date.now() } : null }),
};

/** @param {State} state @param {{is: string, [rest: string]: any}} message @returns {State} */
export function reduce(state, message) {
  return { ...state, ...CHANGES[message.is](state, message) };
}

/**
 * @param {Act[]} acts
 * @param {string} eventId
 * @param {(act: Act) => Partial<Act>} what
 */
function change(acts, eventId, what) {
  return acts.map((act) => (act.eventId === eventId ? { ...act, ...what(act) } : act));
}

/** @param {Act} act @returns {Act} */
function unmeasured(act) {
  return act.painted === undefined ? { ...act, unmeasured: true } : act;
}

/** @param {State} state @param {any} message @returns {Partial<State>} */
function actAccepted(state, { eventId, revision, at }) {
  const act = state.acts.find((one) => one.eventId === eventId);
  if (!act) return {};
  // A list of this or a later revision may have come before this answer.
  const included = (state.list?.revision ?? 0) >= revision ? "joined" : "accepted";
  return {
    acts: change(state.acts, eventId, () => ({
      accepted: at,
      revision,
      state: act.pushed !== undefined ? "listed" : included,
    })),
    history: remembered(state.history, {
      event_id: eventId,
      type: act.type,
      item_id: act.itemId,
      at: act.at,
    }),
  };
}

/** @param {State} state @param {any} message @returns {Partial<State>} */
function listCame(state, { list, at }) {
  const before = state.list?.items.map(({ item_id }) => item_id);
  const after = list.items.map((/** @type {any} */ { item_id }) => item_id);
  const places = before ? placesChanged(before, after) : 0;
  const cause = list.changed_by;
  const acts = state.acts.map((act) => {
    if (cause && act.eventId === cause.event_id) return answered(act, list, places, at);
    const included = act.state === "accepted" && (act.revision ?? Infinity) <= list.revision;
    return included ? { ...act, state: /** @type {const} */ ("joined") } : act;
  });
  // Marks stay until the order changes again: a list that only has other scores moved nothing.
  const moves = before && places > 0 ? movesBetween(before, after) : before ? state.moves : {};
  if (!cause || acts.some((act) => act.eventId === cause.event_id)) return { list, moves, acts };
  // The user's own act, but not on this page: another window, or a program.
  const event = { ...cause, at: list.recorded_at ?? list.computed_at };
  return {
    list,
    moves,
    acts: [elsewhere(event, list, places), ...acts].slice(0, ACTS_KEPT),
    history: remembered(state.history, event),
  };
}

/** @param {import("./types.js").PastEvent} event @param {import("./types.js").PushedList} list @param {number} places @returns {Act} */
function elsewhere({ event_id, type, item_id, at }, list, places) {
  const changed = { places, of: list.items.length };
  return { eventId: event_id, type, itemId: item_id, at, changed, state: "listed", elsewhere: true };
}

/** @param {Act} act @param {import("./types.js").PushedList} list @param {number} places @param {number} at @returns {Act} */
function answered(act, list, places, at) {
  return {
    ...act,
    pushed: at,
    scoredMs: Math.max(0, list.computed_at - (list.recorded_at ?? list.computed_at)),
    changed: { places, of: list.items.length },
    state: "listed",
  };
}

/** @param {State} state @param {any} message @returns {Partial<State>} */
function listPainted(state, { eventId, at }) {
  const act = state.acts.find((one) => one.eventId === eventId);
  if (act?.clicked === undefined || act.unmeasured || act.painted !== undefined) return {};
  return {
    acts: change(state.acts, eventId, () => ({ painted: at })),
    latencies: [...state.latencies, at - act.clicked].slice(-KEPT),
  };
}

/** @param {import("./types.js").PastEvent[]} history @param {import("./types.js").PastEvent} event */
function remembered(history, event) {
  return history.some((one) => one.event_id === event.event_id) ? history : [event, ...history];
}
