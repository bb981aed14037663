import { LIMITS } from '@warm-pods/core/limits.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  after,
  apiError,
  CUT_AT_ONCE,
  claimed,
  dead,
  held,
  LIVE,
  pong,
  reach,
  unopened,
  waiting,
} from '../_util.ts'
import { PODS_TRIED } from './path.ts'
import type { Phase } from './phase.ts'
import { reduce } from './reducer.ts'
import { STEADY_MS } from './trouble.ts'
import type { VisitEvent } from './visit-event.ts'
import type { Visit } from './visit-state.ts'

const timer = (atMs: number): VisitEvent => ({ type: 'timer', atMs })
const CUT = [...LIVE, dead(7_000, 1006)]

/** When the page tries a socket again, ms after `atMs`; 0 while a try goes on. */
function pauseOf({ phase }: Visit, atMs: number): number {
  const retryMs = 'path' in phase ? phase.path.retryMs : 'retryMs' in phase ? phase.retryMs : undefined
  return (retryMs ?? atMs) - atMs
}

/** Continues a visit. */
const then = (visit: Visit, ...events: VisitEvent[]): Visit => events.reduce(reduce, visit)

describe('a socket that is cut', () => {
  it.each([1000, 1001, 1006, 1008, 1011, 1012, 4005, 4007, 4008])(
    'with code %d tries the same pod with the same token at once',
    (code) => {
      const { phase } = after(...LIVE, dead(7_000, code))
      expect(phase).toMatchObject({ status: 'reconnecting', session: held(1) })
      expect(phase).toMatchObject({ path: { connection: '1.2', retryMs: undefined, check: undefined } })
    },
  )

  it('asks the API about a pod that missed its pings while it tries the pod', () => {
    const silent: VisitEvent = { type: 'dead', atMs: 7_000, by: 'deadline', code: undefined, random: 1 }
    expect(after(...LIVE, silent).phase).toMatchObject({
      status: 'reconnecting',
      path: { retryMs: undefined, check: 1 },
    })
  })

  it('asks the API after the first failed try, and fails over if the API does not reach the pod', () => {
    const failed = after(...CUT, unopened(7_004, 1006))
    expect(failed.phase).toMatchObject({ status: 'reconnecting', path: { check: 1 } })
    const { phase, recoveries } = then(failed, reach('no_answer', 7_020))
    expect(phase).toMatchObject({ status: 'lost', step: 'claiming', replacing: 1, notBeforeMs: 7_020 })
    expect(phase).toMatchObject({ outage: { cause: 'itself', atMs: 7_000, toldMs: 7_020, toldBy: 'closed' } })
    expect(recoveries).toEqual([])
  })

  it.each(['answers', 'gateway_down'] as const)('tries the same pod later when the API says %s', (found) => {
    const visit = after(...CUT, unopened(7_004, 1006), reach(found, 7_020))
    expect(visit.phase).toMatchObject({
      status: 'reconnecting',
      session: held(1),
      path: { check: undefined },
    })
    expect(then(visit, timer(7_500)).phase).toMatchObject({ path: { tries: 2, retryMs: undefined } })
  })

  it('waits longer after each failed try, up to 15 s', () => {
    let visit = after(...CUT)
    const pauses: number[] = []
    for (let atMs = 8_000; pauses.length < 9; atMs += 20_000) {
      visit = then(visit, unopened(atMs, 1006), reach('gateway_down', atMs))
      pauses.push(pauseOf(visit, atMs))
      visit = then(visit, timer(atMs + 15_000))
    }
    expect(pauses).toEqual([400, 800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000, 15_000])
    expect(visit.phase.status).toBe('reconnecting')
  })

  it('records no recovery and keeps the kill button when the same pod answers again', () => {
    const visit = after(...CUT, pong(7_050))
    expect(visit).toMatchObject({ recoveries: [], phase: { status: 'live', sinceMs: 100, joinedMs: 7_050 } })
  })

  it('ignores the API’s word about a pod whose socket has opened since', () => {
    const opened: VisitEvent = { type: 'opened', atMs: 7_510 }
    const visit = after(...CUT, unopened(7_004, 1006), timer(7_500), opened, reach('no_answer', 7_520))
    expect(visit.phase).toMatchObject({ status: 'reconnecting', path: { tries: 2 } })
    expect(then(visit, unopened(7_600, 1006)).phase).toMatchObject({ path: { check: 2 } })
  })

  it('connects to another pod that the session has meanwhile', () => {
    const visit = after(...CUT, unopened(7_004, 1006), claimed(3, 7_020))
    expect(visit.phase).toMatchObject({ status: 'connecting', session: held(3), path: { connection: '3.1' } })
  })

  it('waits for a heal that the API reports', () => {
    const visit = after(...CUT, unopened(7_004, 1006), { type: 'starting', session: waiting(2), atMs: 7_020 })
    expect(visit.phase.status).toBe('provisioning')
  })

  it('becomes offline when the API does not answer either, and rejoins the same pod', () => {
    const gone: VisitEvent = { type: 'unreachable', atMs: 7_020, random: 1, lastWorkedMs: undefined }
    const visit = after(...CUT, unopened(7_004, 1006), gone)
    expect(visit.phase).toMatchObject({ status: 'offline', resume: { to: 'rejoin', session: held(1) } })
  })

  it('needs more evidence of a blocked network when a pod has answered before', () => {
    let visit = after(...CUT)
    let failures = 0
    for (let atMs = 8_000; visit.phase.status === 'reconnecting'; atMs += 20_000) {
      failures++
      visit = then(visit, timer(atMs), unopened(atMs, 1006), reach('answers', atMs))
    }
    expect(visit.phase.status).toBe('blocked')
    expect(failures).toBe(6)
  })

  it('does not blame the network for failures while the gateway was down', () => {
    let visit = after(...CUT)
    for (let atMs = 8_000; atMs < 200_000; atMs += 20_000)
      visit = then(visit, unopened(atMs, 1006), reach('gateway_down', atMs), timer(atMs + 15_000))
    visit = then(visit, unopened(200_000, 1006), reach('answers', 200_010))
    expect(visit.phase.status).toBe('reconnecting')
  })
})

describe('sockets that are cut again and again', () => {
  /** Cuts the socket `count` times, each `lifeMs` after its first pong. */
  function cutTimes(count: number, lifeMs: number) {
    let visit = after(...LIVE)
    let atMs = 100
    const pauses: number[] = []
    for (let i = 0; i < count; i++) {
      atMs += lifeMs
      visit = then(visit, dead(atMs, 1006))
      pauses.push(pauseOf(visit, atMs))
      atMs += 15_000
      if (i < count - 1) visit = then(visit, timer(atMs), claimed(1, atMs), pong(atMs))
    }
    return { visit, pauses }
  }

  it('pauses longer before each try, although the pod answers in between', () => {
    expect(cutTimes(5, 3_000).pauses).toEqual([0, 800, 1_600, 3_200, 6_400])
  })

  it('are a network that cuts WebSockets, and the page tries each 30 s', () => {
    const { visit, pauses } = cutTimes(6, 3_000)
    expect(visit.phase).toMatchObject({ status: 'blocked', why: 'cut', session: held(1) })
    expect(pauses.at(-1)).toBe(37_500)
    expect(cutTimes(8, 3_000).pauses.slice(-2)).toEqual([37_500, 37_500])
  })

  it('count from zero after a socket that held', () => {
    const { visit, pauses } = cutTimes(20, STEADY_MS)
    expect(visit.phase.status).toBe('reconnecting')
    expect(new Set(pauses)).toEqual(new Set([0]))
  })
})

describe('a pod that never answered', () => {
  it('is a blocked network after four tries, if the API reaches the pod', () => {
    expect(after(...CUT_AT_ONCE).phase).toMatchObject({
      status: 'blocked',
      why: 'refused',
      session: held(1),
      retryMs: 1_040 + 37_500,
    })
  })

  it('is a blocked network after three silent tries and a check after each', () => {
    const { phase } = after(
      ...CUT_AT_ONCE.slice(0, 2),
      unopened(5_050),
      reach('answers', 5_060),
      timer(5_450),
      unopened(10_450),
      reach('answers', 10_460),
      timer(11_250),
      unopened(16_250),
      reach('answers', 16_260),
    )
    expect(phase.status).toBe('blocked')
  })

  it('is given up once without the API’s word, and never twice', () => {
    let visit = after(...CUT_AT_ONCE.slice(0, 2))
    const given: number[] = []
    for (let atMs = 2_000; atMs < 60_000 && visit.phase.status !== 'blocked'; atMs += 2_000) {
      visit = then(visit, timer(atMs), unopened(atMs, 1006), reach('unknown', atMs + 10))
      if (visit.phase.status !== 'connecting' || visit.phase.step !== 'replacing') continue
      given.push(atMs)
      visit = then(visit, claimed(2, atMs + 1_600))
    }
    expect(given).toHaveLength(1)
    expect(given[0]).toBeGreaterThanOrEqual(5_000)
    expect(visit.phase).toMatchObject({ status: 'blocked', session: held(2) })
  })

  it('reads another token once when the pod refuses it, and then takes another pod', () => {
    const refused = after(...CUT_AT_ONCE.slice(0, 2), unopened(60, 4003))
    expect(refused.phase).toMatchObject({ status: 'connecting', step: 'rereading' })
    expect(then(refused, claimed(1, 70), unopened(80, 4003)).phase).toMatchObject({ step: 'replacing' })
  })

  it(`ends after ${PODS_TRIED} pods, whatever else happens in between`, () => {
    let visit = after(...CUT_AT_ONCE.slice(0, 2))
    for (let epoch = 2; epoch < 2 + PODS_TRIED; epoch++)
      visit = then(
        visit,
        unopened(60, 1006),
        reach('no_answer', 70),
        // A cold start, a full cluster and a rate limit are progress of another kind.
        { type: 'starting', session: waiting(), atMs: 80 },
        apiError('capacity', 90),
        timer(95),
        apiError('too_many_claims', 100),
        timer(110),
        claimed(epoch, 120),
      )
    expect(visit.phase).toMatchObject({ status: 'failed', reason: 'unopened' })
  })
})

describe('a blocked network', () => {
  const blocked = after(...CUT_AT_ONCE)

  it('is tried with one socket each, after 30 s to 2 min', () => {
    let visit = blocked
    const pauses: number[] = []
    for (let atMs = 100_000; pauses.length < 5; atMs += 200_000) {
      visit = then(visit, timer(atMs))
      expect(visit.phase).toMatchObject({ status: 'connecting', step: 'rejoining' })
      visit = then(visit, claimed(1, atMs + 10), unopened(atMs + 20, 1006), reach('answers', atMs + 30))
      expect(visit.phase.status).toBe('blocked')
      pauses.push(pauseOf(visit, atMs + 30))
    }
    // Jitter is a quarter in both directions; 1 is the longest.
    expect(pauses).toEqual([60, 120, 120, 120, 120].map((s) => s * 1_000 * 1.25))
  })

  it('takes no other pod when the first one is gone, and ends the visit', () => {
    const retry = then(blocked, timer(60_000), claimed(1, 60_010), unopened(60_020, 1006))
    expect(then(retry, reach('no_answer', 60_030)).phase).toEqual({
      status: 'idle',
      why: 'unreached',
      release: held(1).id,
    })
    expect(then(blocked, timer(60_000), apiError('session_over', 60_010)).phase).toMatchObject({
      status: 'idle',
      why: 'unreached',
    })
  })

  it('is tried at once on the button, and over with the first pong', () => {
    const visit = then(blocked, { type: 'ask', atMs: 5_000 }, claimed(1, 5_010), pong(5_020))
    expect(visit).toMatchObject({ phase: { status: 'live' }, trouble: { blocked: 0 } })
    // The next cut is an ordinary one.
    expect(then(visit, dead(90_000, 1006)).phase.status).toBe('reconnecting')
  })

  it('keeps the session until its lease ends', () => {
    expect(then(blocked, { type: 'lease-over' }).phase).toMatchObject({ status: 'idle', why: 'expired' })
  })
})

describe('pods that end by themselves', () => {
  it('are replaced at once the first time, and after growing pauses then', () => {
    let visit = after(...LIVE)
    const pauses = [2, 3, 4, 5].map((epoch) => {
      const atMs = epoch * 10_000
      visit = then(visit, dead(atMs))
      const { phase } = visit
      visit = then(visit, claimed(epoch, atMs), pong(atMs))
      return phase.status === 'lost' ? phase.notBeforeMs - atMs : undefined
    })
    expect(pauses).toEqual([0, 800, 1_600, 3_200])
  })
})

describe('the answers of the API', () => {
  it('that there is no room are waited for longer each time', () => {
    let visit = after(...LIVE.slice(0, 1))
    const waits = [1, 2, 3, 4, 5].map(() => {
      visit = then(visit, apiError('capacity', 0, 2_000))
      const waitMs = pauseOf(visit, 0)
      visit = then(visit, timer(0))
      return waitMs
    })
    expect(waits).toEqual([3_000, 6_000, 9_000, 12_000, 12_000])
  })

  it('that it failed are waited for longer each time the page has stopped trying', () => {
    let visit = after(...LIVE.slice(0, 1))
    const waits = [1, 2, 3, 4, 5].map(() => {
      for (let tries = 0; tries < 6; tries++) visit = then(visit, apiError('internal', 0, 1_000))
      const { phase } = visit
      const notBeforeMs = phase.status === 'failed' ? (phase.again?.notBeforeMs ?? 0) : 0
      visit = then(visit, { type: 'answered', atMs: notBeforeMs })
      return notBeforeMs
    })
    expect(waits).toEqual([12_000, 24_000, 48_000, 96_000, 120_000])
  })

  it('that it failed count on while a cold start makes progress in between', () => {
    let visit = after(...LIVE.slice(0, 1))
    const starting: VisitEvent = { type: 'starting', session: waiting(), atMs: 0 }
    const waits = [1, 2, 3, 4, 5, 6].map(() => {
      visit = then(visit, starting, starting, apiError('unavailable', 0, 1_000))
      return visit.phase.status === 'requesting' ? visit.phase.notBeforeMs : visit.phase.status
    })
    expect(waits).toEqual([1_000, 1_600, 3_200, 6_400, 8_000, 'failed'])
  })

  it('that the session is over begin another one after growing pauses, and end', () => {
    let visit = after(...LIVE.slice(0, 1))
    const statuses = Array.from({ length: 7 }, () => {
      visit = then(visit, claimed(1, 0), unopened(0, 4006), apiError('session_over', 0))
      return visit.phase.status === 'requesting' ? visit.phase.notBeforeMs : visit.phase.status
    })
    expect(statuses).toEqual([0, 800, 1_600, 3_200, 6_400, 8_000, 'failed'])
  })
})

it('takes at most one pod under any network, while the API reaches each pod', () => {
  // A network answers each try of the page in one of these ways, for as long as it likes.
  const network = fc.array(fc.constantFrom('refuse', 'swallow', 'cut', 'pong', 'down'), {
    minLength: 1,
    maxLength: 60,
  })
  fc.assert(
    fc.property(network, (answers) => {
      let visit: Visit = after(...LIVE.slice(0, 2))
      let atMs = 1_000
      const step = (...events: VisitEvent[]) => {
        visit = then(visit, ...events)
      }
      for (const answer of answers) {
        const before: Phase = visit.phase
        atMs += LIMITS.openDeadlineMs
        if (before.status === 'live') step(dead(atMs, 1006))
        else if ('path' in before && before.path.retryMs === undefined) {
          if (answer === 'pong') step(pong(atMs))
          else step(unopened(atMs, answer === 'swallow' ? undefined : 1006))
          step(reach(answer === 'down' ? 'gateway_down' : 'answers', atMs))
        } else step(timer(atMs), claimed(1, atMs))
        const { phase } = visit
        expect(['connecting', 'reconnecting', 'live', 'blocked']).toContain(phase.status)
        expect('step' in phase && phase.step).not.toBe('replacing')
        expect('session' in phase && phase.session.epoch).toBe(1)
      }
    }),
    { numRuns: 300 },
  )
})
