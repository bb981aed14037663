/** Sentences for a live region, one at a time. */
export interface Announcer {
  say(text: string): void
  /** Stops the timer; what waits is dropped. */
  close(): void
}

/** A screen reader takes some seconds for a sentence; quicker ones would cut each other off. */
export const EVERY_MS = 4_000
const KEPT = 3

/**
 * Shows at most one sentence each 4 s, in order. When more come than can be said, the oldest that waits is dropped:
 * old news is no news.
 */
export function createAnnouncer(show: (text: string) => void): Announcer {
  const waiting: string[] = []
  let timer: ReturnType<typeof setTimeout> | undefined

  const next = () => {
    timer = undefined
    const text = waiting.shift()
    if (text === undefined) return
    show(text)
    timer = setTimeout(next, EVERY_MS)
  }
  return {
    say(text) {
      waiting.push(text)
      if (waiting.length > KEPT) waiting.shift()
      // A running timer means that the last sentence is still being spoken.
      timer ??= setTimeout(next, 0)
    },
    close() {
      clearTimeout(timer)
      waiting.length = 0
    },
  }
}
