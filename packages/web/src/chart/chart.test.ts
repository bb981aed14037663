import { describe, expect, it } from 'vitest'
import { Bench } from '../probe/_util.ts'
import { after, claimed, dead, kill, LIVE, pong } from '../visit/_util.ts'
import { boundMs, createAxis, niceTop, spanFor, ticksTo } from './axis.ts'
import { bucketsOf } from './buckets.ts'
import { chartDataOf, MARGIN, timeTicks, valueLabel } from './chart-model.ts'
import { chartSummary } from './chart-text.ts'
import { drawEveryMs } from './draw-rate.ts'
import { colourOf } from './outages.ts'

/** 10 px a second. */
const PLOT = { seconds: 60, width: 600 + MARGIN.left + MARGIN.right, top: 100 }

describe(createAxis, () => {
  it('grows at once and shrinks only after 5 s of room', () => {
    const axis = createAxis()
    expect(axis.next(40, 0)).toBe(60)
    expect(axis.next(400, 250)).toBe(600)
    expect(axis.next(40, 500)).toBe(600)
    expect(axis.next(40, 5_400)).toBe(600)
    expect(axis.next(40, 5_500)).toBe(60)
  })

  it('starts counting anew when a value comes near the top', () => {
    const axis = createAxis()
    axis.next(400, 0)
    axis.next(40, 1_000)
    axis.next(400, 5_000)
    expect(axis.next(40, 7_000)).toBe(600)
  })

  it.each([
    [0, 2],
    [0.9, 2],
    [1.8, 4],
    [46, 60],
    [87, 200],
    [3_006, 4_000],
  ])('puts the top for %d ms at %d', (max, top) => {
    expect(niceTop(max)).toBe(top)
    expect(ticksTo(top).every((tick) => Number.isInteger((tick * 4) / top))).toBe(true)
  })
})

describe(boundMs, () => {
  const p95 = (value: number | undefined) => ({ value, needs: 20, has: 20 })

  it('does not follow one spike, and follows the largest value otherwise', () => {
    expect(boundMs({ maxMs: 525, p95: p95(20) })).toBe(80)
    expect(boundMs({ maxMs: 60, p95: p95(20) })).toBe(60)
  })

  it('follows the largest value while p95 is unknown', () => {
    expect(boundMs({ maxMs: 525, p95: p95(undefined) })).toBe(525)
    expect(boundMs({ maxMs: undefined, p95: p95(undefined) })).toBe(0)
  })
})

it.each([
  [0, 60, 15],
  [15.1, 60, 30],
  [31, 60, 60],
  [31, 30, 30],
  [90, 60, 60],
])('gives points over %d s, with room for %d s, an axis of %d s', (coveredS, most, span) => {
  expect(spanFor(coveredS, most)).toBe(span)
  expect(timeTicks(span).every((tick) => Number.isInteger(tick))).toBe(true)
})

it.each([
  [20, 20, '20 ms'],
  [15, 20, '15'],
  [1.5, 2, '1.5'],
  [2_000, 2_000, '2 s'],
  [500, 2_000, '0.5'],
])('prints %d on an axis to %d as %s', (value, top, text) => expect(valueLabel(value, top)).toBe(text))

describe(chartDataOf, () => {
  const bench = new Bench()
  bench.connect(1, 1)
  bench.run(2_000)
  const diedMs = bench.nowMs
  bench.handlers?.close(1006)
  bench.run(1_000)
  bench.connect(2, 2)
  bench.run(1_000)
  const visit = after(
    ...LIVE,
    kill(diedMs - 10, 'crash'),
    dead(diedMs, 1006),
    claimed(2, diedMs),
    pong(bench.nowMs),
  )
  const data = chartDataOf(bench.instrument.frame(), visit.recoveries, undefined, PLOT)

  it('gives each pod a line in its own colour, and draws nothing between them', () => {
    expect(data.keys).toEqual(['c0', 'c1'])
    const values = data.rows
      .map(({ c0, c1 }) => (c0 !== undefined ? 'a' : c1 !== undefined ? 'b' : '-'))
      .join('')
    expect(values).toMatch(/^a+-+b+$/)
  })

  it('marks the kill and the time without a pod, in seconds before now', () => {
    expect(data.kills).toMatchObject([{ x: -2.01, label: 'pod-1' }])
    expect(data.gaps).toHaveLength(1)
    expect(data.gaps[0]).toMatchObject({ open: false })
  })

  it('shows the outage from the click on, before its detection', () => {
    const frozen = new Bench()
    frozen.connect()
    frozen.run(2_000)
    const current = { atMs: frozen.nowMs - 1_000, alias: 'pod-1', byClick: true }
    const { gaps, kills } = chartDataOf(frozen.instrument.frame(), [], current, PLOT)
    expect(kills).toMatchObject([{ x: -1, label: 'pod-1' }])
    expect(gaps).toHaveLength(1)
    expect(gaps[0]).toMatchObject({ toX: 0, open: true })
  })

  it('draws a short outage wide enough to see, and marks that', () => {
    const [gap] = data.gaps
    expect(gap?.widened).toBe(false)
    const short = new Bench()
    short.connect(1, 1)
    short.run(2_000)
    short.handlers?.close(1006)
    short.connect(2, 2)
    short.run(2_000)
    const [narrow] = chartDataOf(short.instrument.frame(), [], undefined, PLOT).gaps
    expect(narrow?.ms).toBeLessThan(300)
    expect(narrow?.widened).toBe(true)
    expect((narrow?.toX ?? 0) - (narrow?.fromX ?? 0)).toBeCloseTo(1.2)
  })

  it('labels the latest of several kills, and others only where there is room', () => {
    const many = new Bench()
    many.connect(1, 1)
    many.run(20_000)
    for (let pod = 2; pod <= 8; pod++) {
      many.handlers?.close(1006)
      many.connect(pod, pod)
      many.run(pod === 8 ? 12_000 : 3_000)
    }
    const { gaps } = chartDataOf(many.instrument.frame(), [], undefined, PLOT)
    expect(gaps).toHaveLength(7)
    const labels = gaps.filter(({ labelled }) => labelled).map(({ toX }) => toX)
    expect(labels).toContain(gaps.at(-1)?.toX)
    for (const [i, x] of labels.slice(1).entries()) expect(x - (labels[i] ?? 0)).toBeGreaterThan(9.2)
  })

  it('marks the highest of neighbouring round trips above the axis', () => {
    const spiky = new Bench()
    spiky.connect(1, 1)
    spiky.run(5_000)
    spiky.rttMs = 240
    spiky.run(500)
    spiky.rttMs = 40
    spiky.run(5_000)
    const { spikes } = chartDataOf(spiky.instrument.frame(), [], undefined, PLOT)
    expect(spikes).toMatchObject([{ ms: 240 }])
  })

  it('alternates the colours', () => {
    expect([1, 2, 3, 4, 5].map(colourOf)).toEqual([0, 1, 2, 3, 0])
  })
})

describe(chartSummary, () => {
  it('names an outage of the last minute that a narrow chart no longer draws', () => {
    const bench = new Bench()
    bench.connect(1, 1)
    bench.run(2_000)
    bench.handlers?.close(1006)
    bench.run(1_000)
    bench.connect(2, 2)
    bench.run(40_000)
    const frame = bench.instrument.frame()
    expect(chartDataOf(frame, [], undefined, { ...PLOT, seconds: 30 }).gaps).toEqual([])
    expect(chartSummary(frame, undefined)).toMatch(
      /^Last 60 seconds of round trips: median 40, p95 40 milliseconds, one outage of /,
    )
  })
})

describe(bucketsOf, () => {
  it('gives median, maximum and unanswered pings of each 5 s', () => {
    const bench = new Bench()
    bench.connect()
    bench.run(5_000)
    bench.answering = false
    bench.run(1_500)
    const buckets = bucketsOf(bench.instrument.frame())
    expect(buckets).toHaveLength(12)
    expect(buckets[0]).toMatchObject({ endsAgo: 0, medianMs: 40, maxMs: 40 })
    expect(buckets[0]?.unanswered).toBeGreaterThan(0)
    expect(buckets.at(-1)).toMatchObject({ due: 0, medianMs: undefined })
  })
})

describe(drawEveryMs, () => {
  it.each([
    [4, 250],
    [12, 250],
    [12.1, 500],
    [31, 1_000],
  ])('draws commits of %d ms each %d ms', (commitMs, everyMs) => expect(drawEveryMs(commitMs)).toBe(everyMs))
})
