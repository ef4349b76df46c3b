// @ts-check
/** Who is shopping: a persona, a number, somebody new. */

import { ForgetButton } from "./forget.js";
import { initials } from "./format.js";
import { Icon } from "./icons.js";
import { Picture } from "./picture.js";
import { html, useEffect, useMemo, useRef, useState } from "./preact.js";
import { productOf, shopperName } from "./products.js";
import { useActions, useSelect } from "./store.js";

const LAST_SHOWN = 3;
const ID = "[A-Za-z0-9][A-Za-z0-9._~@\\-]{0,127}";
/** Spread over the circle so that neighbours in the row differ. */
const HUE_STEP = 137;

/** @typedef {import("./types.js").Persona} Persona */

export function Picker() {
  const userId = useSelect((state) => state.userId);
  const personas = useSelect((state) => state.shop.personas);
  const loading = useSelect((state) => state.shop.status === "loading");
  const { become } = useActions();
  return html`<section class="picker" aria-labelledby="who">
    <${Shopper} userId=${userId} persona=${personas.find((one) => one.user_id === userId)} />
    <div class="others">
      <${Ways} userId=${userId} />
      ${loading && html`<div class="personas-skeleton skeleton"></div>`}
      ${personas.length > 0 && html`<${Personas} personas=${personas} userId=${userId} become=${become} />`}
    </div>
  </section>`;
}

/** @param {{userId: string, persona: Persona | undefined}} properties */
function Shopper({ userId, persona }) {
  const name = useSelect(shopperName);
  const history = useSelect((state) => state.history);
  const items = useSelect((state) => state.shop.items);
  // Whoever has done something has a history that is on its way.
  const newcomer = useSelect((state) => state.list?.revision === 0);
  const last = useMemo(
    () => [...new Set(history.map((event) => event.item_id))].slice(0, LAST_SHOWN).map((id) => productOf(items, id)),
    [history, items],
  );
  return html`<div class="shopper" data-user=${userId}>
    <${Avatar} userId=${userId} name=${name} />
    <div class="shopper-text">
      <h2 id="who"><span class="quiet">Shopping as</span> ${name}</h2>
      <p class="story">${persona?.story ?? `Known to the service as “${userId}”.`}</p>
      <p class="last">
        ${last.length === 0
          ? html`<span class="quiet">${newcomer ? "Nothing looked at yet. Open a product and watch the list." : "\u00a0"}</span>`
          : html`<span class="quiet">Last</span> ${last.map(
                (/** @type {import("./types.js").Product} */ product) => html`<span class="last-item" key=${product.item_id}>
                  <${Picture} product=${product} /><span class="last-title" title=${product.title}>${product.title}</span>
                </span>`,
              )}`}
      </p>
    </div>
  </div>`;
}

/** @param {{userId: string}} properties */
function Ways({ userId }) {
  const name = useSelect(shopperName);
  const personas = useSelect((state) => state.shop.personas.length > 0);
  const { become, becomeNew, surprise } = useActions();
  const [typed, setTyped] = useState(userId);
  useEffect(() => setTyped(userId), [userId]);
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    if (typed !== userId) become(typed);
  };
  return html`<div class="ways">
    <form class="by-id" onSubmit=${submit}>
      <label for="user-id">User id</label>
      <input
        id="user-id"
        autocomplete="off"
        spellcheck="false"
        required
        pattern=${ID}
        title="Letters, digits and . _ ~ @ -, beginning with a letter or digit"
        value=${typed}
        onInput=${(/** @type {any} */ event) => setTyped(event.target.value.trim())}
      />
      <button class="button" type="submit">Go</button>
    </form>
    <div class="by-button">
      <button class="button" id="new-visitor" onClick=${becomeNew}><${Icon} name="visitor" />New visitor</button>
      ${personas && html`<button class="button" id="surprise" onClick=${surprise}><${Icon} name="surprise" />Surprise me</button>`}
      <${ForgetButton} name=${name} />
    </div>
  </div>`;
}

/** @param {{personas: Persona[], userId: string, become: (userId: string) => void}} properties */
function Personas({ personas, userId, become }) {
  const row = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    const strip = row.current;
    const active = /** @type {HTMLElement | null} */ (strip?.querySelector("[aria-pressed=true]"));
    if (strip && active) strip.scrollTo({ left: active.offsetLeft - strip.offsetLeft - 40 });
  }, [userId, personas]);
  return html`<ul class="personas" ref=${row} aria-label="Personas">
    ${personas.map(
      (persona) => html`<li key=${persona.user_id}>
        <button
          class="persona"
          data-user=${persona.user_id}
          aria-pressed=${persona.user_id === userId ? "true" : "false"}
          onClick=${() => persona.user_id !== userId && become(persona.user_id)}
        >
          <${Avatar} userId=${persona.user_id} name=${persona.name} />
          <span class="persona-name" title=${persona.name}>${persona.name}</span>
          <span class="tastes" title=${persona.tastes.join(" · ")}>${persona.tastes.join(" · ")}</span>
          <span class="persona-story" title=${persona.story}>${persona.story}</span>
        </button>
      </li>`,
    )}
  </ul>`;
}

/** @param {{userId: string, name: string}} properties */
function Avatar({ userId, name }) {
  const hue = ((Number.parseInt(userId, 10) || 4) * HUE_STEP) % 360;
  return html`<span class="avatar" aria-hidden="true" style=${{ "--hue": String(hue) }}>${initials(name)}</span>`;
}
