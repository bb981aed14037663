import type { Pool, PoolSlot, Progress } from '@warm-pods/core/api/contracts.ts'
import { describe, expect, it } from 'vitest'
import { type Refill, refillOf, withStarts } from '../pool/slot-starts.ts'
import { after, claimed, dead, held, kill, LIVE, pong } from '../visit/_util.ts'
import type { PoolReading } from '../visit/pool-poller.ts'
import type { Recovery } from '../visit/state/recovery.ts'
import type { VisitEvent } from '../visit/state/visit-event.ts'
import { compare } from './compare.ts'
import {
  healLegs,
  niceSpan,
  OPEN_MS,
  printTimeline,
  segmentsOf,
  startLegs,
  type Timeline,
  timelinesOf,
  totalOf,
} from './timelines.ts'

const opened = (atMs: number): VisitEvent => ({ type: 'opened', atMs })
const at = (s: number) => new Date(Date.UTC(2030, 0, 1, 0, 0, s)).toISOString()
const steps = (...seconds: (number | null)[]): Progress =>
  (['created', 'scheduled', 'network', 'started', 'ready'] as const).map((step, i) => {
    const s = seconds[i]
    return { step, at: s === undefined || s === null ? null : at(s) }
  })

/** Told after 30 ms, claimed 20 later, connected 10 later, first pong 2 later: back in 62 ms. */
function killed(part: Partial<Recovery> = {}, ...events: VisitEvent[]): Recovery {
  const way =
    events.length > 0 ? events : [kill(6_000), dead(6_030), claimed(2, 6_050), opened(6_060), pong(6_062)]
  const [receipt] = after(...LIVE, ...way).recoveries
  if (!receipt) throw new Error('no receipt')
  return { ...receipt, ...part }
}
const TIMED: Refill = { is: 'timed', startMs: 1_100 }
const shown = (timeline: Timeline) =>
  'legs' in timeline ? timeline.legs.map(({ name, ms }) => [name, Math.round(ms)]) : timeline.why

describe(timelinesOf, () => {
  it('compares the actual recovery with the cold start and the heal of the same death, in legs that add up', () => {
    const [failover, cold, heal] = timelinesOf(
      killed({ healMs: 11_000, healSteps: steps(10, 10, 10, 11, 11) }),
      TIMED,
      30_000,
    )
    expect(shown(failover)).toEqual([
      ['told', 30],
      ['claimed', 20],
      ['connected', 10],
      ['pong', 2],
    ])
    expect(shown(cold)).toEqual([
      ['told', 30],
      ['start', 1_100],
      ['connected', 10],
      ['pong', 2],
    ])
    expect(shown(heal)).toEqual([
      ['told', 30],
      ['backoff', 10_000],
      ['scheduled', 0],
      ['network', 0],
      ['started', 1_000],
      ['ready', 0],
      ['connected', 10],
      ['pong', 2],
    ])
    expect([failover, cold, heal].map(totalOf)).toEqual([62, 1_142, 11_042])
  })

  it('never shrinks: a timeline that is not reported yet has the least duration that is certain', () => {
    const frozen = killed(
      {},
      kill(6_000, 'freeze'),
      { type: 'dead', atMs: 7_600, by: 'deadline', code: undefined, random: 1 },
      claimed(2, 7_650),
      pong(7_700),
    )
    const heals = [6_900, 8_600, 19_200].map((now) => timelinesOf(frozen, TIMED, now)[2])
    expect(heals.map(totalOf)).toEqual([1_600, 2_600, 11_600])
    expect(totalOf(timelinesOf({ ...frozen, healMs: 11_000 }, TIMED, 19_300)[2])).toBeGreaterThan(11_600)
    const cold = timelinesOf(frozen, { is: 'running', askedMs: 8_150 }, 8_600)[1]
    expect(cold.is).toBe('running')
    expect(totalOf(cold)).toBe(2_100)
  })

  it.each([
    ['a heal that Kubernetes did not report within a minute', killed(), TIMED, 2, 'not-reported'],
    ['a refill without a reported end', killed(), { is: 'running', askedMs: 6_500 }, 1, 'not-reported'],
    ['a refill that was missed', killed(), { is: 'missed' }, 1, 'missed'],
    [
      'a death without a click, which Kubernetes is not timed for',
      killed({}, dead(7_000), claimed(2, 7_020), pong(7_030)),
      TIMED,
      2,
      'not-killed',
    ],
    [
      'a fail-over and a cold start when Kubernetes was let to heal',
      killed({}, kill(6_000, 'crash', 'heal'), dead(6_030, 1006), claimed(2, 17_000), pong(17_010)),
      TIMED,
      1,
      'healed',
    ],
  ] as const)('has no time for %s, and gives the reason', (_, receipt, refill, i, why) =>
    expect(timelinesOf(receipt, refill, 6_000 + OPEN_MS + 1)[i]).toMatchObject({ is: 'unknown', why }),
  )

  it('shows a cold replacement as the actual cold start, and no fail-over', () => {
    const receipt = killed()
    const cold = { ...receipt, to: held(2, { source: 'cold' }) }
    const timelines = timelinesOf(cold, { is: 'missed' }, 6_100)
    expect(timelines.map(({ is }) => is)).toEqual(['unknown', 'actual', 'running'])
    expect(timelines[0]).toMatchObject({ why: 'none-warm' })
  })
})

describe(healLegs, () => {
  it.each([
    ['no steps', undefined],
    ['a step without a time', steps(10, 10, null, 11, 11)],
    ['times that run backwards', steps(10, 9, 10, 11, 11)],
    ['a time that is none', [{ step: 'created' as const, at: 'soon' }]],
    ['a start that is longer than the whole', steps(0, 5, 6, 7, 20)],
    ['no end', steps(10, 10, 10, 11, 11).slice(0, 4)],
  ])('is one leg with %s', (_, progress) =>
    expect(healLegs(11_000, progress)).toEqual([{ name: 'healed', ms: 11_000, by: 'cluster' }]),
  )

  it('needs no network step: older kubelets report none', () => {
    const four = steps(10, 10, 10, 11, 12).filter(({ step }) => step !== 'network')
    expect(startLegs(four).map(({ name, ms }) => [name, ms])).toEqual([
      ['scheduled', 0],
      ['started', 1_000],
      ['ready', 1_000],
    ])
  })

  it('ends with the way through the gateway when that was timed', () => {
    const routed = [...steps(0, 0, 1, 1, 2), { step: 'routed' as const, at: at(3) }]
    expect(startLegs(routed).at(-1)).toMatchObject({ name: 'routed', ms: 1_000 })
  })
})

describe(printTimeline, () => {
  it('prints the whole seconds of the cluster and milliseconds of the browser so that they add up', () => {
    const [, , heal] = timelinesOf(killed({ healMs: 11_000, healSteps: steps(10, 10, 10, 11, 11) }), TIMED, 0)
    const { legs, total } = printTimeline('legs' in heal ? heal.legs : [], 62)
    expect(legs.map(({ text }) => text)).toEqual([
      '30 ms',
      '≈ 10 s',
      'under 1 s',
      'under 1 s',
      '≈ 1 s',
      'under 1 s',
      '10 ms',
      '2 ms',
    ])
    expect(total).toBe('≈ 11 s')
  })

  it.each([
    [1_346, '≈ 1.3 s', '≈ 1.3 s'],
    [1_351, '≈ 1.4 s', '≈ 1.4 s'],
    [20, 'under 0.1 s', 'under 0.1 s'],
  ])(
    'prints a start of %d ms to a tenth of a second, and a total that its legs add up to',
    (startMs, start, total) => {
      const [, cold] = timelinesOf(killed(), { is: 'timed', startMs }, 0)
      const printed = printTimeline('legs' in cold ? cold.legs : [], 62)
      expect(printed.legs.find(({ name }) => name === 'start')?.text).toBe(start)
      expect(printed.total).toBe(total)
    },
  )

  it.each([
    ['in milliseconds', 349.8, 0],
    ['in seconds, after a freeze', 2_149.8, 1_800],
  ])('prints a leg as the same number on every timeline, %s', (_, livedMs, unansweredMs) => {
    const at = (ms: number) => ms + unansweredMs
    const way = [
      kill(6_000),
      dead(at(6_106.4)),
      claimed(2, at(6_267.8)),
      opened(at(6_320.3)),
      pong(at(6_349.8)),
    ]
    const [actual, cold] = timelinesOf(killed({}, ...way), TIMED, 0).map((timeline) =>
      printTimeline('legs' in timeline ? timeline.legs : [], livedMs).legs.map(
        ({ name, text }) => `${name} ${text}`,
      ),
    )
    expect(cold?.filter((leg) => !leg.startsWith('start'))).toEqual(
      actual?.filter((leg) => !leg.startsWith('claimed')),
    )
  })

  it('prints legs that the browser timed in milliseconds, without ≈', () => {
    const [failover] = timelinesOf(killed(), TIMED, 0)
    expect(printTimeline('legs' in failover ? failover.legs : [], 62).total).toBe('62 ms')
  })
})

describe(segmentsOf, () => {
  it('places legs one after the other, and accepts an axis of 0 ms', () => {
    const legs = [
      { name: 'told', ms: 1, by: 'browser' },
      { name: 'pong', ms: 3, by: 'browser' },
    ] as const
    expect(segmentsOf(legs, 8).map(({ from, width }) => [from, width])).toEqual([
      [0, 0.125],
      [0.125, 0.375],
    ])
    expect(segmentsOf(legs, 0).every(({ from, width }) => from === 0 && width === 0)).toBe(true)
  })
})

describe(niceSpan, () => {
  it.each([
    [0, 10],
    [69, 80],
    [3_000, 4_000],
    [11_700, 12_000],
    [12_100, 16_000],
  ])('ends the axis for %d ms at %d', (ms, span) => expect(niceSpan(ms)).toBe(span))
})

const slot = (part: Partial<PoolSlot>): PoolSlot => ({
  slot: 1,
  gen: 7,
  state: 'warm',
  since: at(0),
  ...part,
})
const reading = (slots: PoolSlot[], last24h: object = {}): PoolReading => ({
  pool: { target: 4, slots, last24h } as unknown as Pool,
  askedMs: 9_000,
  silentSinceMs: undefined,
})

describe(refillOf, () => {
  const POD = 'warm-1-6-bcdfg-x2k9p'
  const none = new Map()

  it.each<[string, PoolSlot[], Refill]>([
    ['is timed once the next generation stands', [slot({ startMs: 1_234 })], { is: 'timed', startMs: 1_234 }],
    [
      'has the way through the gateway apart when it was timed',
      [slot({ startMs: 1_234, routedMs: 34 })],
      { is: 'timed', startMs: 1_234, routedMs: 34 },
    ],
    ['runs while it starts', [slot({ state: 'starting' })], { is: 'running', askedMs: 9_000 }],
    [
      'runs while the slot is still the taken pod’s',
      [slot({ gen: 6, state: 'claimed' })],
      { is: 'running', askedMs: 9_000 },
    ],
    ['is missed when it stands untimed', [slot({})], { is: 'missed' }],
    ['is missed when it came and went', [slot({ gen: 8, state: 'starting' })], { is: 'missed' }],
    ['runs as long as the pool was not read', [], { is: 'running', askedMs: 9_000 }],
  ])('%s', (_, slots, refill) => {
    const now = reading(slots)
    expect(refillOf(POD, withStarts(none, now), now)).toEqual(refill)
  })

  it('becomes two legs of the cold start when the way was timed, and one when it was not', () => {
    const legs = (refill: Refill) => {
      const [, cold] = timelinesOf(killed(), refill, 0)
      return ('legs' in cold ? cold.legs : []).filter(({ by }) => by === 'cluster')
    }
    expect(legs({ ...TIMED, routedMs: 100 })).toEqual([
      { name: 'start', ms: 1_000, by: 'cluster' },
      { name: 'routed', ms: 100, by: 'cluster' },
    ])
    expect(legs(TIMED)).toEqual([{ name: 'start', ms: 1_100, by: 'cluster' }])
  })

  it('is remembered after another visitor claimed the started pod', () => {
    const seen = withStarts(none, reading([slot({ startMs: 900 })]))
    expect(refillOf(POD, seen, reading([slot({ gen: 8, state: 'warm', startMs: 5 })]))).toEqual({
      is: 'timed',
      startMs: 900,
    })
    expect(withStarts(seen, reading([slot({ startMs: 900 })]))).toBe(seen)
  })

  it('finds no slot for a pod that was started cold', () => {
    expect(refillOf('cold-0a1b2c3d-2-bcdfg-x2k9p', none, reading([]))).toEqual({ is: 'missed' })
    expect(refillOf('', none, reading([]))).toEqual({ is: 'missed' })
  })
})

describe(compare, () => {
  const refill = (): Refill => TIMED

  it('takes the median over the visit, and the median of all visitors from the API', () => {
    const recoveries = [
      killed({ healMs: 11_000 }),
      killed({}, kill(6_000), dead(6_100), claimed(2, 6_150), pong(6_162)),
    ]
    const spread = { n: 40, p50Ms: 58, p95Ms: 90 }
    const none = { n: 0, p50Ms: null, p95Ms: null }
    const { pool } = reading([], { failover: spread, start: none, heal: none })
    const rows = compare(recoveries, refill, pool, 7_000)
    expect(rows.map(({ visit }) => visit)).toEqual([
      { ms: 112, n: 2 },
      { ms: 1_177, n: 2 },
      { ms: 11_042, n: 1 },
    ])
    expect(rows.map(({ everyone }) => everyone)).toEqual([
      { ms: 58, n: 40 },
      { ms: undefined, n: 0 },
      { ms: undefined, n: 0 },
    ])
  })

  it('has no rows before the first kill, and blanks without the API', () => {
    expect(compare([], refill, undefined, 0)).toEqual([])
    expect(compare([killed()], refill, undefined, 7_000)[0]?.everyone).toEqual({ ms: undefined, n: 0 })
  })
})
