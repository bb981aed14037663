/** Lets only `n` of the actions it is given run at once; the others wait, first come first served. */
export function limitConcurrency(n: number): <T>(act: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (act) => {
    if (running >= n) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await act()
    } finally {
      // The place is handed on, so that nobody who comes later can take it first.
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
