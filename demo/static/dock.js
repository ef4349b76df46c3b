// @ts-check
/** The strip at the bottom: latency and events, always in sight where there is room. */

import { actWord, timeOfDay } from "./format.js";
import { Icon } from "./icons.js";
import { html, useState } from "./preact.js";
import { productOf } from "./products.js";
import { Ribbon } from "./ribbon.js";
import { useSelect } from "./store.js";
import { effectOf, Stream, TrafficSwitch } from "./stream.js";

export function Dock() {
  const [open, setOpen] = useState(false);
  return html`<section class="dock" aria-label="Latency and events" data-open=${open ? "true" : "false"}>
    <div class="dock-card" id="dock-body" hidden=${!open}><${Stream} inSight=${open} /></div>
    <div class="dock-strip">
      <${Ribbon} />
      <${LatestEvent} />
      <${TrafficSwitch} />
      <button class="button" id="events" aria-expanded=${open ? "true" : "false"} aria-controls="dock-body" onClick=${() => setOpen(!open)}>
        Events<${Icon} name="down" />
      </button>
    </div>
  </section>`;
}

function LatestEvent() {
  const act = useSelect((state) => state.acts[0]);
  const items = useSelect((state) => state.shop.items);
  if (!act) return null;
  const done = `you${act.elsewhere ? ", elsewhere," : ""} ${actWord(act.type)} ${productOf(items, act.itemId).title}`;
  return html`<p class="latest">
    <span class="latest-act" title=${done}><time class="number quiet">${timeOfDay(act.at)}</time> ${done}</span>
    <strong>${effectOf(act)}</strong>
  </p>`;
}
