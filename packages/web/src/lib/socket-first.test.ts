import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

/** Loads both modules as a page does: once, while the head's script may have claimed a pod. */
async function load() {
  vi.resetModules()
  const { retryImport } = await import('./retry-import.ts')
  const { createPoolPoller } = await import('../visit/pool-poller.ts')
  return { retryImport, createPoolPoller }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const LATER_MS = 500
const opening = () => ({ socketFirst: new Promise((resolve) => setTimeout(resolve, LATER_MS)) })

describe('while the first socket opens', () => {
  it('asks for no chunk and no pool before the first pong', async () => {
    vi.stubGlobal('headStart', opening())
    const { retryImport, createPoolPoller } = await load()
    const asked: string[] = []
    void retryImport(async () => asked.push('chunk'))
    const poller = createPoolPoller({
      pool: async () => {
        asked.push('pool')
        return { is: 'unreachable' }
      },
    })
    poller.setVisible(true)
    await vi.advanceTimersByTimeAsync(LATER_MS - 1)
    expect(asked).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(asked).toEqual(['chunk', 'pool'])
    poller.setVisible(false)
  })

  it('asks for both at once when the head has claimed no pod', async () => {
    vi.stubGlobal('headStart', undefined)
    const { retryImport, createPoolPoller } = await load()
    const asked: string[] = []
    void retryImport(async () => asked.push('chunk'))
    const poller = createPoolPoller({
      pool: async () => {
        asked.push('pool')
        return { is: 'unreachable' }
      },
    })
    poller.setVisible(true)
    await vi.advanceTimersByTimeAsync(0)
    expect(asked.toSorted()).toEqual(['chunk', 'pool'])
    poller.setVisible(false)
  })
})
