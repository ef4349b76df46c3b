// @ts-check
/** Where the lists stand: beside the shop, behind tabs, or in a sheet at the bottom. */

import { milliseconds } from "./format.js";
import { Icon } from "./icons.js";
import { stages } from "./latency.js";
import { Peek, RecommendationList } from "./list.js";
import { NARROW, useMedia, WIDE } from "./media.js";
import { Popular } from "./popular.js";
import { html, useEffect, useState } from "./preact.js";
import { shopperName } from "./products.js";
import { Ribbon } from "./ribbon.js";
import { useSelect } from "./store.js";
import { effectOf, Stream } from "./stream.js";

const TOLD_MS = 6_000;

const TABS = [
  { id: "list", name: "For you", content: () => html`<${RecommendationList} />` },
  { id: "popular", name: "Popular", content: () => html`<${Popular} />` },
  { id: "live", name: "Live", content: () => html`<${Ribbon} /><${Stream} withTraffic />` },
];

export function Panel() {
  const narrow = useMedia(NARROW);
  const wide = useMedia(WIDE);
  if (wide) {
    return html`<aside class="panel panel-wide" aria-label="Lists">
      <${RecommendationList} /><${Popular} />
    </aside>`;
  }
  return narrow ? html`<${Sheet} />` : html`<aside class="panel" aria-label="Lists"><${Tabs} tabs=${TABS.slice(0, 2)} /></aside>`;
}

function Sheet() {
  const [open, setOpen] = useState(false);
  const name = useSelect(shopperName);
  return html`<aside
    class="panel sheet"
    aria-label="Lists"
    data-open=${open ? "true" : "false"}
    onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && setOpen(false)}
  >
    <button class="sheet-handle" id="sheet" aria-expanded=${open ? "true" : "false"} aria-controls="sheet-body" onClick=${() => setOpen(!open)}>
      ${open ? html`<span class="sheet-title">Back to the shop</span>` : html`<${StripTitle} name=${name} />`}
      ${!open && html`<${Peek} />`}<${Icon} name="down" />
    </button>
    <div id="sheet-body" class="sheet-body" hidden=${!open}><${Tabs} tabs=${TABS} /></div>
  </aside>`;
}

/**
 * Whose list it is and, for some seconds after an act, what the act did. Who does not see is told that by the announcer.
 * @param {{name: string}} properties
 */
function StripTitle({ name }) {
  const act = useToldAct();
  return html`<span class=${act ? "hidden" : "sheet-title"}>For ${name}</span>
    ${act &&
    html`<span class="sheet-title strip-act" aria-hidden="true">
      ${act.painted !== undefined && html`<strong class="number">${milliseconds(stages(act).total)}</strong>`} ${effectOf(act)}
    </span>`}`;
}

/** The last act from when its effect is known, or while it waits for a connection. */
function useToldAct() {
  const act = useSelect((state) => state.acts[0]);
  const connected = useSelect((state) => state.connection.status === "connected");
  const [over, setOver] = useState("");
  const waits = act?.state === "sent" || act?.state === "accepted";
  useEffect(() => {
    if (!act || waits) return undefined;
    const timer = setTimeout(() => setOver(act.eventId), TOLD_MS);
    return () => clearTimeout(timer);
  }, [act?.eventId, waits]);
  return act && act.eventId !== over && !(waits && connected) ? act : null;
}

/** @param {{tabs: typeof TABS}} properties */
function Tabs({ tabs }) {
  const [chosen, choose] = useState(tabs[0].id);
  /** @param {KeyboardEvent} event */
  const step = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const place = tabs.findIndex(({ id }) => id === chosen);
    const next = tabs[(place + by + tabs.length) % tabs.length].id;
    choose(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label="Lists" onKeyDown=${step}>
      ${tabs.map(
        ({ id, name }) => html`<button
          key=${id}
          class="tab"
          id=${`tab-${id}`}
          role="tab"
          aria-selected=${id === chosen ? "true" : "false"}
          aria-controls=${`tabpanel-${id}`}
          tabindex=${id === chosen ? 0 : -1}
          onClick=${() => choose(id)}
        >
          ${name}
        </button>`,
      )}
    </div>
    ${tabs.map(
      ({ id, content }) => html`<div key=${id} id=${`tabpanel-${id}`} role="tabpanel" aria-labelledby=${`tab-${id}`} hidden=${id !== chosen}>
        ${content()}
      </div>`,
    )}`;
}
