// @ts-check
/** What the page's width, theme and motion settings are, as they change. */

import { useEffect, useState } from "./preact.js";

export const NARROW = "(max-width: 719px)";
export const WIDE = "(min-width: 1200px)";

/** Whether the media query holds. @param {string} query */
export function useMedia(query) {
  const [holds, setHolds] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const update = () => setHolds(media.matches);
    update();
    media.addEventListener("change", update);
    return () => media.removeEventListener("change", update);
  }, [query]);
  return holds;
}
