/** Puts texts into a live region, one at a time. */
export interface Announcer {
  say(text: string): void
  /** Stops the timer and drops the texts that wait. */
  close(): void
}

/** A screen reader takes some seconds for a text. Texts that came quicker would cut each other off. */
export const EVERY_MS = 4_000
const KEPT = 3

/** Shows at most one text each 4 s, in order. Three texts may wait; another one drops the oldest of them. */
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
      // While the timer runs, the screen reader still reads the last text.
      timer ??= setTimeout(next, 0)
    },
    close() {
      clearTimeout(timer)
      waiting.length = 0
    },
  }
}
