// @ts-check
/** One state, changed by actions; components draw again only when the part they read has changed. */

import { createContext, useContext, useLayoutEffect, useState } from "./preact.js";

/**
 * @template S, A
 * @param {(state: S, action: A) => S} reduce
 * @param {S} initial
 */
export function createStore(reduce, initial) {
  let state = initial;
  /** @type {Set<() => void>} */
  const listeners = new Set();
  return {
    get state() {
      return state;
    },
    /** @param {A} action */
    dispatch(action) {
      state = reduce(state, action);
      for (const listener of listeners) listener();
    },
    /** @param {() => void} listener */
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}

/** What every component may reach: `store`, and `actions` (see actions.js). */
export const Page = createContext(/** @type {any} */ (null));

/** @returns {ReturnType<typeof import("./actions.js").createActions>} */
export function useActions() {
  return useContext(Page).actions;
}

/**
 * The part of the state that `select` picks; it has to pick what is there, not make something new.
 * @template T
 * @param {(state: import("./types.js").State) => T} select
 * @returns {T}
 */
export function useSelect(select) {
  const { store } = useContext(Page);
  const [value, setValue] = useState(() => select(store.state));
  useLayoutEffect(() => {
    const update = () => setValue(() => select(store.state));
    update();
    return store.subscribe(update);
  }, []);
  return value;
}
