// @ts-check
/** What happens in the shop: the visitor's acts with their effect, and, if wanted, everybody's. */

import { actWord, timeOfDay } from "./format.js";
import { html, useMemo } from "./preact.js";
import { productOf } from "./products.js";
import { useActions, useSelect } from "./store.js";

const SHOWN = 60;

/** @typedef {import("./types.js").Act} Act */
/** @typedef {import("./types.js").ShopperAct} ShopperAct */

/** Out of sight it draws no events: that would delay the list. @param {{inSight?: boolean, withTraffic?: boolean}} properties */
export function Stream({ inSight = true, withTraffic }) {
  const everybody = useSelect((state) => state.everybody);
  const sample = useSelect((state) => state.shop.sample);
  const { showEverybody } = useActions();
  return html`<section class="stream" aria-labelledby="stream-title">
    <div class="stream-head">
      <h2 id="stream-title">Events</h2>
      ${sample &&
      html`<label class="switch">
        <input type="checkbox" id="everybody" checked=${everybody} onChange=${() => showEverybody(!everybody)} />
        <span>Everybody’s</span>
      </label>`}
      ${withTraffic && html`<${TrafficSwitch} />`}
    </div>
    ${inSight && html`<${Entries} everybody=${everybody} />`}
  </section>`;
}

/** @param {{everybody: boolean}} properties */
function Entries({ everybody }) {
  const acts = useSelect((state) => state.acts);
  const shoppers = useSelect((state) => state.shoppers);
  const entries = useMemo(() => merged(acts, everybody ? shoppers : []), [acts, shoppers, everybody]);
  if (entries.length === 0) {
    return html`<p class="quiet">${everybody ? "Nothing has happened yet." : "You have not done anything yet."}</p>`;
  }
  return html`<ol class="entries" id="stream" tabindex="0" aria-label="Events, newest first">
    ${entries.map((/** @type {any} */ entry) => html`<${Entry} key=${entry.key} entry=${entry} />`)}
  </ol>`;
}

/** The shoppers know the sample shop's products only: another catalogue has no switch. */
export function TrafficSwitch() {
  const sample = useSelect((state) => state.shop.sample);
  const { on, detail } = useSelect((state) => state.traffic);
  const { switchTraffic } = useActions();
  if (!sample) return null;
  return html`<label class="switch" title="Simulated shoppers act about once a second">
      <input type="checkbox" role="switch" id="traffic" checked=${on} onChange=${() => switchTraffic(!on)} />
      <span>Background traffic</span>
    </label>
    ${detail && html`<p class="trouble traffic-trouble" role="status">${detail}</p>`}`;
}

/** @param {{entry: ReturnType<typeof merged>[number]}} properties */
function Entry({ entry }) {
  const items = useSelect((state) => state.shop.items);
  return html`<li class="entry" data-type=${entry.type} data-own=${entry.own ? "true" : "false"} data-event=${entry.key}>
    <time class="number">${timeOfDay(entry.at)}</time>
    <span><strong>${entry.who}</strong> ${actWord(entry.type)} ${productOf(items, entry.itemId).title}</span>
    <span class="effect">${entry.effect}</span>
  </li>`;
}

/** Newest first. @param {Act[]} acts @param {ShopperAct[]} shoppers */
function merged(acts, shoppers) {
  const own = acts.map((act) => ({ ...act, key: act.eventId, who: act.elsewhere ? "You, elsewhere," : "You", own: true, effect: effectOf(act) }));
  const others = shoppers.map((act) => ({ ...act, who: act.userId, own: false, effect: "" }));
  return [...own, ...others].sort((one, other) => other.at - one.at).slice(0, SHOWN);
}

/** @param {Act} act */
export function effectOf({ state, changed }) {
  switch (state) {
    case "listed":
      return `changed ${changed?.places} of ${changed?.of}`;
    case "joined":
      return "listed with the next";
    case "refused":
      return "not recorded";
    case "accepted":
      return "recorded";
    default:
      return "on its way";
  }
}
