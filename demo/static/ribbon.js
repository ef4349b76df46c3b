// @ts-check
/** How long it took from click to paint: the last act by its stages, and the last hundred as a line. */

import { actWord, milliseconds, plural } from "./format.js";
import { quantile, stages } from "./latency.js";
import { html } from "./preact.js";
import { productOf } from "./products.js";
import { useSelect } from "./store.js";

export function Ribbon() {
  const acts = useSelect((state) => state.acts);
  const last = acts.find((act) => act.painted !== undefined);
  return html`<div class="ribbon" id="ribbon">
    ${last ? html`<${LastAct} act=${last} />` : html`<p class="quiet ribbon-hint"><strong>Try it:</strong> view, add or buy a product. Your list moves at once, and here you read how long that took, from the click to the pixels.</p>`}
    <${Totals} />
  </div>`;
}

/** @param {{act: import("./types.js").Act}} properties */
function LastAct({ act }) {
  const items = useSelect((state) => state.shop.items);
  const { total, parts } = stages(act);
  const done = `you ${actWord(act.type)} ${productOf(items, act.itemId).title}`;
  return html`<div class="last-act" data-total=${total.toFixed(1)}>
    <p class="last-act-title" title=${done}>
      <strong class="number">${milliseconds(total)}</strong>
      <span class="quiet">from click to paint · ${done}</span>
    </p>
    <div class="stages" aria-hidden="true">
      ${parts.map(
        ({ name, ms }) => html`<span class=${`stage stage-${name}`} key=${name} style=${{ flexGrow: Math.max(ms, total / 50) }}></span>`,
      )}
    </div>
    <dl class="stage-times">
      ${parts.map(
        ({ name, ms }) => html`<div key=${name} data-stage=${name}>
          <dt><span class=${`dot stage-${name}`}></span>${name}</dt>
          <dd class="number">${milliseconds(ms)}</dd>
        </div>`,
      )}
    </dl>
  </div>`;
}

const WIDTH = 200;
const HEIGHT = 40;

function Totals() {
  const totals = useSelect((state) => state.latencies);
  if (totals.length < 2) return null;
  const [p50, p95] = [quantile(totals, 0.5), quantile(totals, 0.95)];
  return html`<div class="totals">
    <${Sparkline} totals=${totals} p50=${p50} p95=${p95} />
    <dl>
      <div><dt>p50</dt><dd class="number" id="p50">${milliseconds(p50)}</dd></div>
      <div><dt>p95</dt><dd class="number" id="p95">${milliseconds(p95)}</dd></div>
      <div><dt>of</dt><dd class="number">${plural(totals.length, "act")}</dd></div>
    </dl>
  </div>`;
}

/** @param {{totals: number[], p50: number, p95: number}} properties */
function Sparkline({ totals, p50, p95 }) {
  const top = Math.max(...totals, 1) * 1.1;
  /** @param {number} ms */
  const y = (ms) => (HEIGHT - (ms / top) * HEIGHT).toFixed(1);
  const step = WIDTH / Math.max(1, totals.length - 1);
  const points = totals.map((ms, place) => `${(place * step).toFixed(1)},${y(ms)}`).join(" ");
  const title = `Totals of the last ${plural(totals.length, "act")}: half within ${milliseconds(p50)}, 95 of 100 within ${milliseconds(p95)}`;
  return html`<svg class="sparkline" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label=${title}>
    <line class="spark-p95" x1="0" x2=${WIDTH} y1=${y(p95)} y2=${y(p95)} />
    <line class="spark-p50" x1="0" x2=${WIDTH} y1=${y(p50)} y2=${y(p50)} />
    <polyline class="spark-line" points=${points} />
  </svg>`;
}
