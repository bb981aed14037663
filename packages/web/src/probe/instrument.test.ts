import { LIMITS } from '@warm-pods/core/limits.ts'
import { describe, expect, it } from 'vitest'
import { Bench } from './_util.ts'

describe('the schedule', () => {
  it('pings at the moment the socket opens and each 250 ms after', () => {
    const bench = new Bench()
    bench.connect()
    bench.run(1_000)
    expect(bench.sent).toEqual(['p,0', 'p,1', 'p,2', 'p,3', 'p,4'])
  })

  it('does not queue pings: a ping that cannot leave at once counts as unanswered', () => {
    const bench = new Bench()
    bench.connect()
    bench.run(500)
    bench.bufferedAmount = 5
    bench.run(500)
    bench.bufferedAmount = 0
    bench.run(250)
    expect(bench.sent).toEqual(['p,0', 'p,1', 'p,2', 'p,5'])
    const states = bench.instrument.frame().points.map(({ state }) => state)
    expect(states.slice(3, 5)).toEqual(['unanswered', 'unanswered'])
  })

  it('subtracts the time the pod held the ping', () => {
    const bench = new Bench()
    bench.rttMs = 100
    bench.heldUs = 60_000
    bench.connect()
    bench.run(300)
    expect(bench.instrument.frame().statistics.now.value).toBe(40)
  })

  it('stops at rest, and counts the time after that as no outage', () => {
    const bench = new Bench()
    bench.connect()
    bench.run(1_000)
    bench.instrument.rest()
    bench.run(60_000)
    bench.connect(2, 1)
    bench.run(100)
    expect(bench.reports.findLast(({ type }) => type === 'pong')).toMatchObject({
      downMs: undefined,
      lost: 0,
    })
  })
})

describe('the hello message', () => {
  it('is in the frame while its socket is the present one', () => {
    const bench = new Bench()
    bench.connect(1, 1)
    bench.run(500)
    expect(bench.instrument.frame().hello).toBeUndefined()
    const hello = {
      type: 'hello',
      uid: 'u',
      name: 'n',
      alias: 'a',
      node: 'd',
      zone: 'z',
      image: 'i',
      startedAt: 's',
      epoch: 1,
    }
    bench.handlers?.message(JSON.stringify(hello))
    expect(bench.instrument.frame().hello).toEqual(hello)
    bench.connect(2, 2)
    expect(bench.instrument.frame().hello).toBeUndefined()
  })
})

describe('a dropped socket', () => {
  it('is an outage from the last pong to the first pong of the next socket', () => {
    const bench = new Bench()
    bench.connect()
    bench.run(1_010)
    const { gaps: before, atMs } = bench.instrument.frame()
    bench.instrument.drop(1)
    bench.run(5_000)
    const [gap] = bench.instrument.frame().gaps
    expect(before).toEqual([])
    expect(gap?.toMs).toBeNull()
    expect(atMs - (gap?.fromMs ?? 0)).toBeLessThanOrEqual(LIMITS.pingMs)
    bench.connect(2, 1)
    bench.run(1_010)
    expect(bench.instrument.frame().gaps[0]?.toMs).toBeLessThan(bench.nowMs)
  })

  it('is no outage when the page rests at once', () => {
    const bench = new Bench()
    bench.connect()
    bench.run(1_010)
    bench.instrument.drop(1)
    bench.instrument.rest()
    expect(bench.instrument.frame().gaps).toEqual([])
  })

  it('is an outage when the page rests after a time without a pod', () => {
    const bench = new Bench()
    bench.connect()
    bench.run(1_010)
    bench.instrument.drop(1)
    bench.run(5_000)
    bench.instrument.rest()
    expect(bench.instrument.frame().gaps).toMatchObject([{ toMs: bench.nowMs }])
  })
})

describe('a death', () => {
  it('is reported at once for a terminating message', () => {
    const bench = new Bench()
    bench.connect()
    bench.run(1_010)
    bench.handlers?.message('{"type":"terminating","graceMs":5000}')
    expect(bench.reports.at(-1)).toMatchObject({ type: 'dead', by: 'terminating', atMs: bench.nowMs })
  })

  it('is reported for a close, with its code', () => {
    const bench = new Bench()
    bench.connect()
    bench.run(1_010)
    bench.handlers?.close(1006)
    expect(bench.reports.at(-1)).toMatchObject({ type: 'dead', by: 'closed', code: 1006 })
  })

  it('is reported for a frozen pod when three pings in a row missed their deadline', () => {
    const bench = new Bench()
    bench.connect()
    bench.run(1_010)
    bench.answering = false
    const frozeMs = bench.nowMs
    bench.run(10_000)
    const dead = bench.reports.at(-1)
    expect(dead).toMatchObject({ type: 'dead', by: 'deadline' })
    // Deadline 1 s, three slots of 250 ms: the third miss is judged at the next wake after it.
    const toldMs = (dead?.type === 'dead' ? dead.atMs : 0) - frozeMs
    expect(toldMs).toBeGreaterThan(1_500)
    expect(toldMs).toBeLessThanOrEqual(2_000)
  })

  it('is not reported for two misses and a pong', () => {
    const bench = new Bench()
    bench.connect()
    bench.run(1_010)
    bench.answering = false
    bench.run(500)
    bench.answering = true
    bench.run(5_000)
    expect(bench.types()).not.toContain('dead')
    expect(bench.instrument.frame().points.filter(({ state }) => state === 'unanswered')).toHaveLength(2)
  })

  it('is reported only after four times p95 on a slow network', () => {
    const bench = new Bench()
    bench.rttMs = 900
    bench.connect()
    bench.run(10_000)
    bench.answering = false
    const frozeMs = bench.nowMs
    bench.run(2_600)
    expect(bench.types()).not.toContain('dead')
    bench.run(3_000)
    const dead = bench.reports.at(-1)
    expect(dead?.type === 'dead' && dead.atMs - frozeMs).toBeGreaterThan(3_600)
  })

  it('ends with the first pong of the next pod: how long it was down, how many pings were lost', () => {
    const bench = new Bench()
    bench.connect()
    bench.run(1_040)
    const lastPongMs = bench.nowMs
    bench.answering = false
    bench.run(700)
    bench.handlers?.close(1006)
    bench.run(600)
    bench.answering = true
    bench.connect(2, 2)
    bench.run(40)
    expect(bench.reports.at(-1)).toEqual({
      type: 'pong',
      connection: 2,
      atMs: bench.nowMs,
      downMs: bench.nowMs - lastPongMs,
      lost: 5,
    })
    const { gaps } = bench.instrument.frame()
    expect(gaps).toEqual([{ fromMs: lastPongMs, toMs: bench.nowMs }])
  })

  it('of the socket alone is one gap, and the pod keeps its colour on the next socket', () => {
    const bench = new Bench()
    bench.connect(1, 7)
    bench.run(1_000)
    bench.handlers?.close(1012)
    const cutMs = bench.nowMs
    // The first try fails, so the gap lasts until the second.
    bench.instrument.connect(2, { url: 'ws://pod', protocols: [], pod: 7 })
    bench.handlers?.close(1006)
    bench.run(600)
    bench.connect(3, 7)
    bench.run(300)
    expect(bench.types()).toEqual(['open', 'pong', 'dead', 'unopened', 'open', 'pong'])
    const { gaps, points } = bench.instrument.frame()
    expect(gaps).toHaveLength(1)
    expect(gaps[0]?.toMs).toBe(cutMs + 600 + bench.rttMs)
    expect(new Set(points.map(({ pod }) => pod))).toEqual(new Set([7]))
  })

  it('is not reported for a connection that was replaced', () => {
    const bench = new Bench()
    bench.connect()
    const old = bench.handlers
    bench.run(500)
    bench.connect(2, 2)
    bench.run(500)
    old?.close(4002)
    old?.message('{"type":"terminating","graceMs":1}')
    expect(bench.types()).not.toContain('dead')
  })
})

describe('opening', () => {
  it('fails after 5 s without an open socket', () => {
    const bench = new Bench()
    bench.instrument.connect(1, { url: 'ws://pod', protocols: [], pod: 1 })
    bench.run(4_999)
    expect(bench.types()).toEqual([])
    bench.run(1)
    expect(bench.reports).toEqual([{ type: 'unopened', connection: 1, atMs: bench.nowMs, code: undefined }])
  })

  it('fails after 5 s without a pong, because a frozen pod accepts sockets', () => {
    const bench = new Bench()
    bench.answering = false
    bench.connect()
    bench.run(5_000)
    expect(bench.types()).toEqual(['open', 'unopened'])
  })

  it('reports the code of a socket that closed before it answered', () => {
    const bench = new Bench()
    bench.connect()
    bench.handlers?.close(4003)
    expect(bench.reports.at(-1)).toMatchObject({ type: 'unopened', code: 4003 })
  })
})

describe('a browser that sleeps', () => {
  it('for ten minutes reports no death and counts no ping as lost', () => {
    const bench = new Bench()
    bench.connect()
    bench.run(5_000)
    bench.sleep(600_000)
    bench.run(30_000)
    expect(bench.types()).toEqual(['open', 'pong'])
    expect(bench.instrument.frame().statistics.unanswered.value).toBe(0)
  })

  it('for 700 ms records no round trip for a pong that waited', () => {
    const bench = new Bench()
    bench.connect()
    bench.run(5_000)
    const pending = bench.sent.at(-1) ?? ''
    bench.sleep(700)
    // The message is handled before the late timer.
    bench.handlers?.message(`${pending},0`)
    bench.run(2_000)
    expect(bench.instrument.frame().statistics.maxMs).toBe(40)
  })
})

describe('a slow pod', () => {
  it('shows in the frame when p95 of 10 s is over 3 × its best median and over 150 ms', () => {
    const bench = new Bench()
    bench.connect()
    bench.run(15_000)
    expect(bench.instrument.frame().slow).toBeUndefined()
    bench.rttMs = 200
    bench.run(10_000)
    expect(bench.instrument.frame().slow).toEqual({ by: 'latency', p95Ms: 200 })
    bench.rttMs = 40
    bench.run(10_500)
    expect(bench.instrument.frame().slow).toBeUndefined()
  })

  it('shows when 2 % of its pings stay unanswered', () => {
    const bench = new Bench()
    bench.connect()
    bench.run(10_010)
    bench.answering = false
    bench.run(250)
    bench.answering = true
    bench.run(2_000)
    expect(bench.instrument.frame().slow).toMatchObject({ by: 'silence' })
  })
})

it('does not count pings that were due before a pod’s socket was open against it', () => {
  const bench = new Bench()
  bench.connect()
  bench.run(20_000)
  bench.handlers?.close(1006)
  bench.run(100)
  bench.instrument.connect(2, { url: 'ws://pod', protocols: [], pod: 2 })
  // The slots due while it connects are the old pod's outage.
  bench.run(600)
  bench.handlers?.open()
  for (let slots = 0; slots < 60; slots++) {
    bench.run(250)
    const { slow, statistics } = bench.instrument.frame()
    expect(slow).toBeUndefined()
    expect(statistics.unanswered.value ?? 0).toBe(0)
  }
})

it('judges a pod by the same share that the tile shows', () => {
  const bench = new Bench()
  bench.connect()
  bench.run(10_010)
  bench.answering = false
  bench.run(250)
  bench.answering = true
  bench.run(2_000)
  const { slow, statistics } = bench.instrument.frame()
  expect(slow).toEqual({ by: 'silence', share: statistics.unanswered.value })
})

it('keeps its memory flat over an hour', () => {
  const bench = new Bench()
  bench.connect()
  bench.run(3_600_000)
  expect(bench.instrument.frame().points.length).toBeLessThanOrEqual(241)
  expect(bench.sent).toHaveLength(14_401)
})
