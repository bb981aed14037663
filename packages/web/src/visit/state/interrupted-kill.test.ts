import { describe, expect, it } from 'vitest'
import { after, claimed, dead, held, kill, LIVE, pong, reach, seen, unopened, waiting } from '../_util.ts'
import type { Outage } from './phase.ts'
import { reduce } from './reducer.ts'
import type { VisitEvent } from './visit-event.ts'
import { pendingKill, START } from './visit-state.ts'

const KILL: Outage = { cause: 'click', how: 'crash', recover: 'failover', of: held(1), atMs: 6_000 }

/** The visit of a page that was loaded while a kill was under way. */
const reloaded = (part: Partial<Outage>, ...events: VisitEvent[]) =>
  [seen, ...events].reduce(reduce, { ...START, interrupted: { ...KILL, ...part } })

describe('a kill that a reload has interrupted', () => {
  it('gets its receipt when the next pod answers', () => {
    const visit = reloaded({ toldMs: 6_100 }, claimed(2, 7_000), { type: 'opened', atMs: 7_050 }, pong(7_060))
    expect(visit.interrupted).toBeUndefined()
    const [recovery] = visit.recoveries
    expect(recovery).toMatchObject({
      epoch: 1,
      totalMs: 1_060,
      outage: { interrupted: true },
      to: { epoch: 2 },
    })
    expect(recovery?.legs).toEqual([
      { name: 'told', ms: 100 },
      { name: 'claimed', ms: 900 },
      { name: 'connected', ms: 50 },
      { name: 'pong', ms: 10 },
    ])
  })

  it('is recovered as the visitor chose when the API finds the killed pod dead', () => {
    const { interrupted, phase } = reloaded(
      { recover: 'heal' },
      claimed(1, 7_000),
      unopened(7_010, 1006),
      reach('no_answer', 7_020),
    )
    expect(interrupted).toBeUndefined()
    expect(phase).toMatchObject({
      status: 'recovering',
      step: 'claiming',
      replacing: 1,
      outage: { cause: 'click', how: 'crash', recover: 'heal', atMs: 6_000, toldMs: 7_020 },
    })
  })

  it('is recovered when the killed pod answers once more, and then ends', () => {
    const visit = reloaded({ how: 'polite' }, claimed(1, 7_000), pong(7_010), dead(7_050))
    expect(visit.phase).toMatchObject({ status: 'recovering', outage: { how: 'polite', toldMs: 7_050 } })
  })

  it('is recovered when the API knows of the kill, and the request for another pod was never sent', () => {
    const killed = { ...waiting(1), state: 'recovering' as const }
    const visit = reloaded({}, { type: 'starting', session: killed, atMs: 7_000 })
    expect(visit.phase).toMatchObject({ status: 'recovering', step: 'claiming', replacing: 1 })
  })

  it('continues while Kubernetes heals', () => {
    const visit = reloaded({ recover: 'heal' }, { type: 'starting', session: waiting(2), atMs: 7_000 })
    expect(visit.phase).toMatchObject({ status: 'recovering', step: 'starting', outage: { recover: 'heal' } })
  })

  it('is given up in another session', () => {
    const visit = reloaded({}, { type: 'claimed', session: held(1, { id: 'b'.repeat(32) }), atMs: 7_000 })
    expect([visit.phase.status, visit.interrupted]).toEqual(['connecting', undefined])
  })

  it('is given up when its pod was spared', () => {
    const visit = reloaded({}, claimed(1, 7_000), pong(7_010), { type: 'spared', reason: '' })
    expect([visit.phase.status, visit.interrupted]).toEqual(['live', undefined])
  })
})

describe(pendingKill, () => {
  const DYING = [...LIVE, kill(6_000)]

  it.each<[string, VisitEvent[]]>([
    ['while the pod dies', []],
    ['while the next pod is claimed', [dead(6_030)]],
    ['while the next pod is connected', [dead(6_030), claimed(2, 6_050)]],
    ['while the page is left', [{ type: 'left' }]],
    ['while the browser is offline', [{ type: 'offline', atMs: 6_020 }]],
    ['while the browser is offline, after the death', [dead(6_030), { type: 'offline', atMs: 6_040 }]],
  ])('is the kill %s', (_, events) => {
    expect(pendingKill(after(...DYING, ...events))).toMatchObject({ how: 'polite', atMs: 6_000 })
  })

  it.each<[string, VisitEvent[]]>([
    ['before a kill', LIVE as VisitEvent[]],
    ['after the recovery', [...DYING, dead(6_030), claimed(2, 6_050), pong(6_100)]],
    ['after a refusal', [...DYING, { type: 'spared', reason: '' }]],
    ['of a pod that ended by itself', [...LIVE, dead(6_030)]],
  ])('is undefined %s', (_, events) => {
    expect(pendingKill(after(...events))).toBeUndefined()
  })
})
