/** Runs at most `limit` actions at once. The others wait, first come first served. Errors pass through. */
export function limitConcurrency(limit: number): <T>(act: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (act) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await act()
    } finally {
      // The place goes straight to the next waiter, so that a later caller cannot take it.
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
