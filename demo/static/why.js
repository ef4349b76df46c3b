// @ts-check
/** Why a product is in the list: its score taken apart, and where Redis says so. */

import { fetchEvidence } from "./api.js";
import { partsOf, roundedToSum } from "./contributions.js";
import { signed } from "./format.js";
import { Icon } from "./icons.js";
import { html, useEffect, useRef, useState } from "./preact.js";
import { useActions } from "./store.js";

const DIGITS = 3;
const SAME = 1e-6;

/** @typedef {import("./types.js").Listed} Listed */

/** @param {{id: string, userId: string, listed: Listed, revision: number}} properties */
export function Why({ id, userId, listed, revision }) {
  const scored = Object.keys(listed.contributions ?? {}).length > 0;
  return html`<div class="why" id=${id}>
    <p class="quiet why-words">${listed.reason.code === "pinned" ? wordsOfPin(scored) : wordsOfScore(scored)}</p>
    ${scored && html`<${Parts} listed=${listed} />`}
    <${Evidence} key=${listed.reason.code} userId=${userId} listed=${listed} revision=${revision} />
  </div>`;
}

/** @param {boolean} scored */
function wordsOfPin(scored) {
  return scored
    ? "The shop put it at this place, whatever its score. This is what it would have by score:"
    : "The shop put it at this place. By score it would have nothing: none of your acts speaks for it yet.";
}

/** @param {boolean} scored */
function wordsOfScore(scored) {
  return scored ? "" : "Nothing of yours speaks for it yet: it fills the list because it is popular.";
}

/** @param {{listed: Listed}} properties */
function Parts({ listed }) {
  const parts = partsOf(listed.contributions ?? {});
  const written = roundedToSum(parts.map(({ amount }) => amount), DIGITS);
  const sum = Object.values(listed.contributions ?? {}).reduce((total, amount) => total + amount, 0);
  const largest = Math.max(...parts.map(({ amount }) => Math.abs(amount)));
  return html`<table class="parts">
    <caption class="hidden">What adds up to the score</caption>
    <tbody>
      ${parts.map(
        ({ name, amount }, place) => html`<tr key=${name}>
          <th scope="row">${name}</th>
          <td class="bar-cell">
            <span
              class=${amount < 0 ? "bar bar-minus" : "bar"}
              style=${{ width: `${(100 * Math.abs(amount)) / largest}%` }}
            ></span>
          </td>
          <td class="amount">${signed(written[place])}</td>
        </tr>`,
      )}
    </tbody>
    <tfoot>
      <tr>
        <th scope="row">sum</th>
        <td class="quiet">
          ${Math.abs(sum - listed.score) < SAME ? "is the score" : "is not the score"}${" "}
          <span class="score">${listed.score.toFixed(DIGITS)}</span>
        </td>
        <td class="amount sum">${signed(sum)}</td>
      </tr>
    </tfoot>
  </table>`;
}

/** @param {{userId: string, listed: Listed, revision: number}} properties */
function Evidence({ userId, listed, revision }) {
  const [asked, setAsked] = useState(false);
  const [answer, setAnswer] = useState(/** @type {any} */ (null));
  useEffect(() => {
    if (!asked) return undefined;
    let current = true;
    fetchEvidence(userId, listed).then(
      (lines) => current && setAnswer({ lines }),
      (error) => current && setAnswer({ problem: error.message }),
    );
    return () => {
      current = false;
    };
  }, [asked, revision]);

  if (!asked) {
    return html`<button class="button small" data-action="evidence" onClick=${() => setAsked(true)}>
      See it in Redis
    </button>`;
  }
  if (!answer) return html`<p class="quiet" role="status">Asking Redis …</p>`;
  if (answer.problem) return html`<p class="trouble" role="status">${answer.problem}</p>`;
  if (answer.lines.length === 0) return html`<p class="quiet">This reason rests on no count of its own.</p>`;
  return html`<${Lines} lines=${answer.lines} />`;
}

/** @param {{lines: {command: string, answer: string, says: string}[]}} properties */
function Lines({ lines }) {
  const { notice } = useActions();
  const terminal = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    // The button that asked is gone: whoever pressed it by key would be nowhere.
    if (document.activeElement === document.body) terminal.current?.focus({ preventScroll: true });
  }, []);
  const copy = async () => {
    const copied = await copyText(lines.map(({ command }) => command).join("\n"));
    notice(copied ? "Copied. Paste it into a terminal." : "The browser does not let this page copy.");
  };
  return html`<div class="evidence">
    <div class="terminal" ref=${terminal} tabindex="-1" role="group" aria-label="Lines for a terminal, with what they answer now">
      ${lines.map(
        ({ command, answer, says }) => html`<p key=${command}>
          <span class="says"># ${says}</span>
          <code>${command}</code>
          <samp>${answer}</samp>
        </p>`,
      )}
    </div>
    <button class="button small" data-action="copy" onClick=${copy}><${Icon} name="copy" /> Copy the lines</button>
  </div>`;
}

/** The clipboard is there on secure pages only; a selection can be copied on all. @param {string} text */
async function copyText(text) {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}
