import { describe, expect, it } from 'vitest'
import { jobOf, killed, killRequested, pod, session, waiting } from '../planner/_world.ts'
import { isKilled } from './kill-state.ts'

describe(isKilled, () => {
  it('is true for the pod that the session holds, and for no later one', () => {
    expect(isKilled(session())).toBe(false)
    expect(isKilled(session({ kill: killed() }))).toBe(true)
    expect(isKilled(session({ kill: killed(), epoch: 2 }))).toBe(false)
    expect(isKilled(session({ kill: killed(), pod: pod(jobOf(0), {}, 1).pod }))).toBe(false)
  })

  it('is true while the session starts, until its first pod has been killed', () => {
    expect(isKilled(waiting('starting', 0, { kill: killRequested() }))).toBe(true)
    expect(isKilled(waiting('starting', 0, { kill: killed() }))).toBe(false)
  })
})
