import { describe, expect, it } from 'vitest'
import { after, claimed, dead, held, kill, LIVE, pong, seen, waiting } from '../_util.ts'
import { jobBackoff } from './job-backoff.ts'
import type { VisitEvent } from './visit-event.ts'

/** Kills the pod of an epoch and lets the Job heal until the next epoch answers. */
const healed = (epoch: number): VisitEvent[] => {
  const atMs = epoch * 100_000
  return [
    kill(atMs, 'crash', 'heal'),
    dead(atMs + 10, 1006),
    { type: 'starting', session: waiting(epoch + 1), atMs: atMs + 20 },
    claimed(epoch + 1, atMs + 12_000),
    pong(atMs + 12_020),
  ]
}
/** The same visit in a session of another source. */
const as = (source: 'cold' | 'rescued', events: readonly VisitEvent[]): VisitEvent[] =>
  events.map((event) =>
    event.type === 'claimed' ? { ...event, session: { ...event.session, source } } : event,
  )

describe(jobBackoff, () => {
  it.for([
    [1, 10_000],
    [2, 20_000],
    [3, 40_000],
    [9, 360_000],
  ] as const)('before failure %d of one Job is %d ms', ([failure, ms]) => {
    const heals = Array.from({ length: failure - 1 }, (_, i) => healed(i + 1)).flat()
    expect(jobBackoff(after(...LIVE, ...heals))).toEqual({ ms, atLeast: false })
    const waits = after(
      ...LIVE,
      ...heals,
      kill(failure * 100_000, 'crash', 'heal'),
      dead(failure * 100_000, 1006),
    )
    expect(jobBackoff(waits)).toEqual({ ms, atLeast: false })
    expect(jobBackoff(after(...as('cold', [...LIVE, ...heals])))).toEqual({ ms, atLeast: false })
  })

  it('begins anew with the Job of a fail-over', () => {
    const failedOver = [
      ...LIVE,
      ...healed(1),
      kill(200_000),
      dead(200_010),
      claimed(3, 200_020),
      pong(200_040),
    ]
    expect(jobBackoff(after(...as('rescued', failedOver)))).toEqual({ ms: 10_000, atLeast: false })
    const healedOnce = as('rescued', [...failedOver, ...healed(3)])
    expect(jobBackoff(after(...healedOnce))).toEqual({ ms: 20_000, atLeast: false })
  })

  it('is known after a reload if no fail-over has changed the Job, and else a lower bound', () => {
    const found = (session: ReturnType<typeof held>) =>
      after(seen, { type: 'claimed', session, atMs: 50 }, pong(100))
    expect(jobBackoff(found(held(3)))).toEqual({ ms: 40_000, atLeast: false })
    expect(jobBackoff(found(held(3, { source: 'rescued' })))).toEqual({ ms: 10_000, atLeast: true })
    const healing = after(seen, { type: 'starting', session: waiting(3), atMs: 1 })
    expect(jobBackoff(healing)).toEqual({ ms: 20_000, atLeast: false })
  })
})
