/** One line of what happened, newest first. */
export interface LogLine {
  readonly id: number
  /** ms since 1970, for the time of day. */
  readonly at: number
  readonly text: string
}

export interface EventLog {
  add(text: string): void
  subscribe(listener: () => void): () => void
  snapshot(): readonly LogLine[]
}

const KEPT = 60

/** A log of the last 60 events. */
export function createLog(wallClock: () => number = Date.now): EventLog {
  let lines: readonly LogLine[] = []
  let made = 0
  const listeners = new Set<() => void>()
  return {
    add(text) {
      lines = [{ id: made++, at: wallClock(), text }, ...lines].slice(0, KEPT)
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    snapshot: () => lines,
  }
}
