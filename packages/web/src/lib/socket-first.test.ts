import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

/**
 * Loads both modules as a page does: once, while the head's script may have claimed a pod. It asks for a chunk and for the pool.
 * @returns the names of the requests that were sent so far, and a function that ends the polls.
 */
async function ask(headStart: unknown) {
  vi.stubGlobal('headStart', headStart)
  vi.resetModules()
  const { retryImport } = await import('./retry-import.ts')
  const { createPoolPoller } = await import('../visit/pool-poller.ts')
  const asked: string[] = []
  void retryImport(async () => asked.push('chunk'))
  const poller = createPoolPoller({
    pool: async () => {
      asked.push('pool')
      return { is: 'unreachable' }
    },
  })
  poller.setVisible(true)
  return { asked, stop: () => poller.setVisible(false) }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const LATER_MS = 500

describe('while the first socket opens', () => {
  it('asks for no chunk and no pool before the first pong', async () => {
    const socketFirst = new Promise((resolve) => setTimeout(resolve, LATER_MS))
    const { asked, stop } = await ask({ socketFirst })
    await vi.advanceTimersByTimeAsync(LATER_MS - 1)
    expect(asked).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(asked).toEqual(['chunk', 'pool'])
    stop()
  })

  it('asks for both at once when the head has claimed no pod', async () => {
    const { asked, stop } = await ask(undefined)
    await vi.advanceTimersByTimeAsync(0)
    expect(asked.toSorted()).toEqual(['chunk', 'pool'])
    stop()
  })
})
