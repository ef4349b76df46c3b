// @ts-check
/** Says aloud what others see: how the list changed, and short notices. */

import { summary } from "./moves.js";
import { html, useEffect, useState } from "./preact.js";
import { productOf } from "./products.js";
import { useActions, useSelect } from "./store.js";

const NOTICE_MS = 6_000;

export function Announcer() {
  const list = useSelect((state) => state.list);
  const moves = useSelect((state) => state.moves);
  const items = useSelect((state) => state.shop.items);
  const [said, say] = useState("");
  useEffect(() => {
    if (!list) return;
    const attributes = new Map(list.items.map((item) => [item.item_id, item.attributes]));
    const text = summary(list, moves, (id) => productOf(items, id, attributes.get(id)).title);
    if (text) say(text);
  }, [moves]);
  return html`<p class="hidden" id="announcer" aria-live="polite">${said}</p>`;
}

export function Notice() {
  const notice = useSelect((state) => state.notice);
  const { notice: tell } = useActions();
  useEffect(() => {
    if (!notice) return undefined;
    const timer = setTimeout(() => tell(""), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  return html`<p class="notice" id="notice" role="status" data-shown=${notice ? "true" : "false"}>${notice?.text}</p>`;
}
