// @ts-check
/** A list whose rows glide to their new places. */

import { Component, html } from "./preact.js";

const GLIDING = "gliding";
const GLIDE = { id: GLIDING, duration: 520, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" };
const APPEAR = { id: GLIDING, duration: 420, easing: "ease-out" };
const CALM = "(prefers-reduced-motion: reduce)";

/** @typedef {{top: number, left: number}} Place */
/** @typedef {{element: HTMLElement, row: number}} Held what has the focus, and the row that it is in */

/**
 * Its children carry `data-key`, and `order` changes when their order does. It measures before and after such a change
 * and animates the difference, from where a row is seen even when it was still on its way.
 */
export class FlipList extends Component {
  /** @type {HTMLElement} */
  get list() {
    return /** @type {any} */ (this).base;
  }

  /** @param {{order: string}} before */
  getSnapshotBeforeUpdate(before) {
    if (before.order === this.props.order) return null;
    return {
      held: heldIn(this.list),
      places: matchMedia(CALM).matches ? new Map() : places(this.list),
    };
  }

  /** @param {object} _properties @param {object} _state @param {{held: Held | null, places: Map<string, Place>} | null} before */
  componentDidUpdate(_properties, _state, before) {
    if (!before) return;
    if (before.held) holdAgain(this.list, before.held);
    if (before.places.size) glide(this.list, before.places);
  }

  /** @param {any} properties */
  render({ children, order: _order, ...rest }) {
    return html`<ol ...${rest}>
      ${children}
    </ol>`;
  }
}

/** @param {Element} list @returns {HTMLElement[]} */
function rows(list) {
  return /** @type {HTMLElement[]} */ ([...list.children]);
}

/** @param {Element} list @returns {Map<string, Place>} */
function places(list) {
  const origin = list.getBoundingClientRect();
  return new Map(
    rows(list).map((row) => {
      const { top, left } = row.getBoundingClientRect();
      return [row.dataset.key ?? "", { top: top - origin.top, left: left - origin.left }];
    }),
  );
}

/** @param {Element} list @param {Map<string, Place>} before */
function glide(list, before) {
  for (const animation of list.getAnimations({ subtree: true })) {
    if (animation.id === GLIDING) animation.cancel();
  }
  const after = places(list);
  for (const row of rows(list)) {
    animate(row, before.get(row.dataset.key ?? ""), after.get(row.dataset.key ?? ""));
  }
}

/** @param {Element} list @returns {Held | null} */
function heldIn(list) {
  const element = /** @type {HTMLElement} */ (document.activeElement);
  const row = rows(list).findIndex((one) => one.contains(element));
  return row < 0 ? null : { element, row };
}

/**
 * A row that is put elsewhere loses the focus, and one that is gone takes it along: who works by keys goes on with the
 * same button, of the row that came in its place if need be.
 * @param {Element} list @param {Held} held
 */
function holdAgain(list, { element, row }) {
  const now = rows(list)[Math.min(row, list.children.length - 1)];
  const same = /** @type {HTMLElement | null} */ (
    element.isConnected ? element : now?.querySelector(`[data-action="${element.dataset.action}"]`)
  );
  if (same !== document.activeElement) same?.focus({ preventScroll: true });
}

/** @param {HTMLElement} row @param {Place | undefined} from @param {Place | undefined} to */
function animate(row, from, to) {
  if (!to) return;
  if (!from) {
    row.animate([{ opacity: 0, transform: "scale(0.94)" }, { opacity: 1, transform: "none" }], APPEAR);
    return;
  }
  const x = from.left - to.left;
  const y = from.top - to.top;
  if (Math.abs(x) < 1 && Math.abs(y) < 1) return;
  // What rises passes over what sinks. Not a part of the animation: the compositor animates no depth.
  row.style.zIndex = y > 0 || x > 0 ? "2" : "1";
  row.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], GLIDE);
}
