// @ts-check
/** Forgetting a user, after asking once more. */

import { Dialog } from "./dialog.js";
import { Icon } from "./icons.js";
import { html, useState } from "./preact.js";
import { useActions } from "./store.js";

/** @param {{name: string}} properties */
export function ForgetButton({ name }) {
  const [open, setOpen] = useState(false);
  const { forget } = useActions();
  const close = () => setOpen(false);
  const agree = () => {
    close();
    forget();
  };
  return html`<button class="button quiet-button" id="forget" title="Forget me" aria-haspopup="dialog" onClick=${() => setOpen(true)}>
      <${Icon} name="forget" /><span class="forget-word">Forget me</span>
    </button>
    ${open &&
    html`<${Dialog} id="forget-dialog" title=${`Forget ${name}?`} close=${close}>
      <p>
        The whole history is erased, and every count that came from it is taken back from what other shoppers are shown.
        This cannot be undone.
      </p>
      <p class="buttons">
        <button class="button" onClick=${close}>Keep it</button>
        <button class="button danger" data-action="forget" onClick=${agree}>Forget</button>
      </p>
    <//>`}`;
}
