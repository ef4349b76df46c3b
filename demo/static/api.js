// @ts-check
/** Requests to the service. Addresses are relative to the page, so that it works under a path prefix. */

const ROOT = new URL("../../", import.meta.url);
const TIMEOUT_MS = 8_000;

export const SOCKET_PATH = `${ROOT.pathname}socket.io`;
export const MOTIFS = new URL("motifs.svg", import.meta.url).pathname;

/** What the service said instead of an answer; status 0 when it said nothing. */
export class Refused extends Error {
  /** @param {string} detail @param {number} status */
  constructor(detail, status) {
    super(detail);
    this.status = status;
  }
}

/** @param {string} path @param {string} [method] @returns {Promise<any>} */
async function ask(path, method = "GET") {
  let response;
  try {
    response = await fetch(new URL(path, ROOT), { method, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new Refused("The service does not answer.", 0);
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(answer.detail ?? `Status ${response.status}`, response.status);
  return answer;
}

/** @returns {Promise<import("./types.js").Shop>} */
export function fetchShop() {
  return ask("demo/shop");
}

/** @returns {Promise<import("./types.js").Listed[]>} */
export async function fetchPopular() {
  return (await ask("trending?limit=10")).items;
}

/** Newest first; nothing for a user whom nobody knows. @param {string} userId @returns {Promise<import("./types.js").PastEvent[]>} */
export async function fetchHistory(userId) {
  try {
    return (await ask(`users/${encodeURIComponent(userId)}`)).history;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return [];
    throw error;
  }
}

/** @param {string} userId */
export async function forgetUser(userId) {
  try {
    await ask(`users/${encodeURIComponent(userId)}`, "DELETE");
  } catch (error) {
    if (!(error instanceof Refused && error.status === 404)) throw error;
  }
}

/** @returns {Promise<{user_id: string, type: string, item_id: string}[]>} */
export async function letShoppersAct() {
  return (await ask("demo/traffic", "POST")).events;
}

/**
 * @param {string} userId
 * @param {import("./types.js").Listed} listed
 * @returns {Promise<{command: string, answer: string, says: string}[]>}
 */
export async function fetchEvidence(userId, listed) {
  const { code, parameters } = listed.reason;
  const query = new URLSearchParams({ user_id: userId, item_id: listed.item_id, code });
  if (parameters?.item_id) query.set("because", String(parameters.item_id));
  return (await ask(`demo/evidence?${query}`)).lines;
}
