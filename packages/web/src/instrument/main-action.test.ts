import { describe, expect, it } from 'vitest'
import { after, claimed, dead, kill, LIVE, pong } from '../visit/_util.ts'
import { canTerminate, mainAction } from './main-action.ts'

describe(mainAction, () => {
  it('is disabled for the first 5 s of line, and for half of that after a kill', () => {
    const live = after(...LIVE)
    expect(canTerminate(live, 5_099)).toBe(false)
    expect(canTerminate(live, 5_100)).toBe(true)
    const again = after(...LIVE, kill(6_000), dead(6_010), claimed(2, 6_020), pong(6_030))
    expect(mainAction(again)).toMatchObject({ does: 'terminate', wakesMs: 8_530 })
  })

  it('does nothing while a pod is being replaced', () => {
    const dying = after(...LIVE, kill(6_000))
    expect(mainAction(dying).does).toBe('nothing')
    expect(canTerminate(dying, 60_000)).toBe(false)
  })

  it('is “Keep it” when the lease runs out, unless it cannot be extended', () => {
    expect(mainAction(after(...LIVE, { type: 'lease-low' })).label).toBe('Keep it')
    expect(mainAction(after(...LIVE, { type: 'lease-low' }, { type: 'at-limit' })).does).toBe('terminate')
  })
})
