// @ts-check
/** A product's picture: a motif in its three colours, or its initials. */

import { MOTIFS } from "./api.js";
import { initials } from "./format.js";
import { html } from "./preact.js";

/** @param {{product: import("./types.js").Product}} properties */
export function Picture({ product }) {
  const { picture, title } = product;
  if (!picture) return html`<span class="tile tile-plain" aria-hidden="true">${initials(title)}</span>`;
  const [main, second, detail] = picture.colours;
  return html`<span class="tile" aria-hidden="true" style=${{ "--a": main, "--b": second, "--c": detail }}>
    <svg class="motif" viewBox="0 0 64 64"><use href=${`${MOTIFS}#${picture.motif}`} /></svg>
  </span>`;
}
