// @ts-check
/** Shapes of what the server says and of what the page remembers. Types only; no browser loads this. */

/** @typedef {{motif: string, colours: string[]}} Drawing */

/**
 * A product, as the grid and the lists show it.
 * @typedef {object} Product
 * @property {string} item_id
 * @property {string} title
 * @property {string | null} [category]
 * @property {string | null} [brand]
 * @property {number | null} [price]
 * @property {string | null} [currency]
 * @property {boolean} [in_stock]
 * @property {string[]} [tags]
 * @property {Drawing | null} [picture]
 * @property {boolean} [new]
 */

/** @typedef {{user_id: string, name: string, tastes: string[], story: string}} Persona */

/**
 * The answer of /demo/shop.
 * @typedef {object} Shop
 * @property {string} name
 * @property {boolean} sample whether its products are those of the sample shop
 * @property {boolean} demo_open
 * @property {boolean} toy_store
 * @property {string} worker
 * @property {string[]} categories
 * @property {Product[]} items
 * @property {Persona[]} personas
 */

/** @typedef {{code: string, text: string, parameters: Record<string, string | number>}} Reason */

/**
 * One place of a list.
 * @typedef {object} Listed
 * @property {string} item_id
 * @property {number} score
 * @property {Reason} reason
 * @property {Record<string, number>} [contributions]
 * @property {Record<string, any>} attributes
 */

/**
 * A list as it is pushed.
 * @typedef {object} PushedList
 * @property {string} user_id
 * @property {number} revision
 * @property {number} computed_at
 * @property {string} basis
 * @property {Listed[]} items
 * @property {{event_id: string, type: string, item_id: string} | null} changed_by
 * @property {number | null} recorded_at
 * @property {string} worker
 */

/** @typedef {{kind: "up" | "down" | "new" | "same", places: number}} Move */

/** @typedef {{event_id: string, type: string, item_id: string, at: number}} PastEvent newest first */

/**
 * One thing the visitor did. Times in ms on the clock of `performance`.
 * @typedef {object} Act
 * @property {string} eventId
 * @property {string} type
 * @property {string} itemId
 * @property {number} at epoch ms
 * @property {number} [clicked]
 * @property {number} [accepted]
 * @property {number} [revision]
 * @property {number} [scoredMs] how long the server took, a duration
 * @property {number} [pushed]
 * @property {number} [painted]
 * @property {{places: number, of: number}} [changed]
 * @property {"sent" | "accepted" | "listed" | "joined" | "refused"} state
 * @property {boolean} [unmeasured] the connection or the page was away meanwhile
 * @property {boolean} [elsewhere] not on this page, so there was no click here
 */

/** @typedef {{key: string, userId: string, type: string, itemId: string, at: number}} ShopperAct */

/** @typedef {"connecting" | "connected" | "reconnecting" | "offline"} ConnectionStatus */

/**
 * @typedef {object} State
 * @property {{status: "loading" | "ready" | "failed", detail: string} & Shop} shop
 * @property {string} userId
 * @property {PastEvent[]} history
 * @property {{status: ConnectionStatus, cut: boolean, detail: string}} connection cut: by the visitor
 * @property {PushedList | null} list
 * @property {Record<string, Move>} moves
 * @property {Listed[] | null} popular
 * @property {Act[]} acts newest first
 * @property {ShopperAct[]} shoppers newest first
 * @property {number[]} latencies totals in ms, oldest first
 * @property {{on: boolean, detail: string}} traffic
 * @property {boolean} everybody whether the events of others are shown
 * @property {{text: string, key: number} | null} notice
 */

export {};
