import { afterAll, vi } from 'vitest'

/** Pure test files share a process. Each gets modules of its own, so that none finds the state that another left in them. */
afterAll(() => {
  vi.resetModules()
  vi.unstubAllGlobals()
})
