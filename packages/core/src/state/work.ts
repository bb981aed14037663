/** The work that a trigger of refill names, so that refill reads the rows that have changed and no others. */

/** A slot or a session whose row has changed. */
export type WorkKey = `slot#${number}` | `session#${string}`
/** `all`: every row must be compared with Kubernetes. */
export type Work = 'all' | readonly WorkKey[]

/** A trigger that names more rows than this causes a whole pass. */
const MOST_KEYS = 200
const KEY = /^(?:slot#\d{1,5}|session#[0-9A-Za-z_-]{1,64})$/

/** The key of a slot. */
export function slotWork(slot: number): WorkKey {
  return `slot#${slot}`
}

/** The key of a session. */
export function sessionWork(sessionId: string): WorkKey {
  return `session#${sessionId}`
}

/** The number of the slot that a key names; undefined for a session. */
export function slotIn(key: WorkKey): number | undefined {
  return key.startsWith('slot#') ? Number(key.slice('slot#'.length)) : undefined
}

/** The id of the session that a key names; undefined for a slot. */
export function sessionIn(key: WorkKey): string | undefined {
  return key.startsWith('session#') ? key.slice('session#'.length) : undefined
}

/** The event of an invocation that names this work. */
export function eventOf(work: Work): { readonly work?: readonly WorkKey[] } {
  return work === 'all' ? {} : { work }
}

/** The work that an event names. `all` for any other event, such as the schedule's, and for a malformed event. */
export function workIn(event: unknown): Work {
  const work = typeof event === 'object' && event !== null && 'work' in event ? event.work : undefined
  if (!Array.isArray(work) || work.length === 0 || work.length > MOST_KEYS) return 'all'
  return work.every(isWorkKey) ? work : 'all'
}

/** True for the text of a key. */
export function isWorkKey(value: unknown): value is WorkKey {
  return typeof value === 'string' && KEY.test(value)
}
