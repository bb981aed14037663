import { createStore, type Readable } from '../lib/create-store.ts'

/** One line of the event log. */
interface LogLine {
  readonly id: number
  /** ms since 1970, for the time of day. */
  readonly at: number
  readonly text: string
}

/** The event log, newest line first. */
export interface EventLog extends Readable<readonly LogLine[]> {
  /** @param at ms since 1970; by default now. */
  add(text: string, at?: number): void
}

const KEPT = 60

/** Creates a log of the last 60 events. @param wallClock returns ms since 1970. */
export function createEventLog(wallClock: () => number = Date.now): EventLog {
  const { subscribe, snapshot, set } = createStore<readonly LogLine[]>([])
  let made = 0
  return {
    add(text, at = wallClock()) {
      set([{ id: made++, at, text }, ...snapshot()].slice(0, KEPT))
    },
    subscribe,
    snapshot,
  }
}
