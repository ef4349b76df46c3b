// @ts-check
/** A modal dialog: the browser keeps the focus in it and gives it back afterwards. */

import { Icon } from "./icons.js";
import { html, useEffect, useRef } from "./preact.js";

/** @param {{id: string, title: string, close: () => void, children?: any}} properties */
export function Dialog({ id, title, close, children }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    dialog.current?.showModal();
    return () => dialog.current?.close();
  }, []);
  /** @param {MouseEvent} event */
  const closeOnBackdrop = (event) => {
    if (event.target === dialog.current) close();
  };
  return html`<dialog
    id=${id}
    ref=${dialog}
    aria-labelledby=${`${id}-title`}
    onClose=${close}
    onClick=${closeOnBackdrop}
  >
    <div class="dialog-body">
      <h2 id=${`${id}-title`}>${title}</h2>
      <button class="icon-button dialog-close" onClick=${close}><${Icon} name="close" /><span class="hidden">Close</span></button>
      ${children}
    </div>
  </dialog>`;
}
