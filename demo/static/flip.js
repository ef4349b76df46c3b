// @ts-check
/** A list whose rows glide to their new places. */

import { Component, html } from "./preact.js";

const GLIDING = "gliding";
const GLIDE = { id: GLIDING, duration: 520, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" };
const APPEAR = { id: GLIDING, duration: 420, easing: "ease-out" };
const CALM = "(prefers-reduced-motion: reduce)";

/** @typedef {{top: number, left: number}} Place */

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
    const still = before.order === this.props.order || matchMedia(CALM).matches;
    return still ? null : places(this.list);
  }

  /** @param {object} _properties @param {object} _state @param {Map<string, Place> | null} before */
  componentDidUpdate(_properties, _state, before) {
    if (!before?.size) return;
    for (const animation of this.list.getAnimations({ subtree: true })) {
      if (animation.id === GLIDING) animation.cancel();
    }
    const after = places(this.list);
    for (const row of rows(this.list)) {
      animate(row, before.get(row.dataset.key ?? ""), after.get(row.dataset.key ?? ""));
    }
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
