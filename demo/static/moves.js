// @ts-check
/** What changed between two lists. */

/**
 * Each item's move from the list before; "new" for one that was not in it.
 * @param {string[]} before
 * @param {string[]} after
 * @returns {Record<string, import("./types.js").Move>}
 */
export function movesBetween(before, after) {
  const places = new Map(before.map((id, place) => [id, place]));
  return Object.fromEntries(
    after.map((id, place) => {
      const was = places.get(id);
      if (was === undefined) return [id, { kind: "new", places: 0 }];
      const up = was - place;
      return [id, { kind: up > 0 ? "up" : up < 0 ? "down" : "same", places: Math.abs(up) }];
    }),
  );
}

/** How many places show another item than before. @param {string[]} before @param {string[]} after */
export function placesChanged(before, after) {
  return after.filter((id, place) => id !== before[place]).length;
}

const TOLD = 4;

/**
 * A sentence for people who do not see the rows move; empty when none did.
 * @param {import("./types.js").PushedList} list
 * @param {Record<string, import("./types.js").Move>} moves
 * @param {(id: string) => string} titleOf
 */
export function summary(list, moves, titleOf) {
  const moved = list.items
    .map(({ item_id }) => ({ id: item_id, ...moves[item_id] }))
    .filter((move) => move.kind === "up" || move.kind === "new");
  if (moved.length === 0) return "";
  const told = moved
    .slice(0, TOLD)
    .map(({ id, kind, places }) =>
      kind === "new" ? `new: ${titleOf(id)}` : `${titleOf(id)} up ${places}`,
    );
  const rest = moved.length - told.length;
  return `List changed: ${told.join(", ")}${rest > 0 ? `, and ${rest} more` : ""}`;
}
