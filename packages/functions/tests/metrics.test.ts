import { API_METRICS, METRIC_FAMILIES, seriesNames } from '@warm-pods/core/metrics.ts'
import { OPEN_METRICS_TYPE } from '@warm-pods/core/open-metrics.ts'
import { describe, expect, it } from 'vitest'
import { apiHandler } from '../src/api/handler.ts'
import { poolMetrics } from '../src/api/pool-metrics.ts'
import type { DocumentClient } from '../src/store/client.ts'
import { SlotStore } from '../src/store/slots.ts'
import { StatsStore } from '../src/store/stats.ts'
import { eventOf } from './_event.ts'
import { liveVisitor, type System, testSystem, warmSystem } from './_system.ts'

/** The samples by name and labels, as in the text. The system's clock moves on, so that no cache answers. */
async function scrape(system: System): Promise<ReadonlyMap<string, number>> {
  system.sleep(5_000)
  const text = await poolMetrics(system.services)
  expect(text.endsWith('\n# EOF\n')).toBe(true)
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice(0, space), Number(line.slice(space + 1))]
    }),
  )
}

describe('GET /metrics of the API', () => {
  it('exports every series of the table and no other, as OpenMetrics text', async () => {
    await using system = await warmSystem()
    const { statusCode, headers, body } = await apiHandler(system.services)(
      eventOf({ method: 'GET', path: '/metrics' }),
    )
    expect([statusCode, headers?.['content-type']]).toEqual([200, OPEN_METRICS_TYPE])
    const names = (body ?? '').split('\n').flatMap((line) => /^([a-z_]+)[{ ]/.exec(line)?.[1] ?? [])
    const expected = Object.entries(API_METRICS).flatMap(([name, family]) => seriesNames(name, family))
    expect([...new Set(names)].sort()).toEqual(expected.sort())
    expect(expected.every((name) => name.replace(/_(bucket|sum|count)$/, '') in METRIC_FAMILIES)).toBe(true)
  })

  it('agrees with the visits: claims, their time, and kills by option', async () => {
    await using system = await warmSystem()
    const ada = await liveVisitor(system)
    await liveVisitor(system)
    await ada.delete(`/session/${ada.id}/pod?how=crash`)
    const samples = await scrape(system)
    expect(samples.get('warm_pods_claims_total{outcome="warm"}')).toBe(2)
    expect(samples.get('warm_pods_claims_total{outcome="cold"}')).toBe(0)
    expect(samples.get('warm_pods_claim_seconds_count')).toBe(2)
    expect(samples.get('warm_pods_kills_total{how="crash"}')).toBe(1)
    expect(samples.get('warm_pods_kills_total{how="polite"}')).toBe(0)
    const pool = await system.pool()
    expect(samples.get('warm_pods_slots{state="warm"}')).toBe(
      pool.slots.filter(({ state }) => state === 'warm').length,
    )
    expect(samples.get('warm_pods_pod_start_seconds_count')).toBe(pool.last24h.start.n)
    expect(samples.get('warm_pods_warm_share_ratio')).toBe(1)
    expect(samples.get('warm_pods_refill_healthy')).toBe(1)
  })

  it('agrees with the passes of refill: their steps, the failed ones, and the lease', async () => {
    await using system = await testSystem()
    const { limits } = system.services
    await system.refill()
    const whole = await scrape(system)
    expect(whole.get('warm_pods_refill_steps_total{step="reserve"}')).toBe(limits.target)
    expect(whole.get('warm_pods_refill_steps_total{step="markWarm"}')).toBe(limits.target)
    expect(whole.get('warm_pods_refill_failed_steps_total{step="reserve"}')).toBe(0)
    const passes = whole.get('warm_pods_refill_passes_total{result="done"}') ?? 0
    expect(whole.get('warm_pods_refill_lease_requests_total{outcome="acquired"}')).toBe(1)
    expect(whole.get('warm_pods_refill_lease_requests_total{outcome="renewed"}')).toBe(passes - 1)
    expect(whole.get('warm_pods_refill_lease_acquired_timestamp_seconds')).toBe(0)

    system.cluster.outage = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    await expect(system.refill()).rejects.toThrow('ECONNREFUSED')
    system.cluster.outage = undefined
    expect((await scrape(system)).get('warm_pods_refill_passes_total{result="failed"}')).toBe(1)
  })

  it('shows since when the lease is held, how often it was refused, and that it was taken over', async () => {
    await using system = await warmSystem()
    const { refill } = system.services
    const heldSinceMs = system.services.now()
    await refill.acquireLease('killed', heldSinceMs, system.services.limits.refillLeaseMs)
    expect(await system.refill()).toMatchObject({ passes: 0 })
    const held = await scrape(system)
    expect(held.get('warm_pods_refill_lease_acquired_timestamp_seconds')).toBe(heldSinceMs / 1_000)
    expect(held.get('warm_pods_refill_lease_requests_total{outcome="refused"}')).toBe(1)
    system.sleep(system.services.limits.refillLeaseMs)
    await system.refill()
    const free = await scrape(system)
    expect(free.get('warm_pods_refill_lease_requests_total{outcome="taken_over"}')).toBe(1)
    expect(free.get('warm_pods_refill_lease_acquired_timestamp_seconds')).toBe(0)
  })

  it('makes one strongly consistent read, triggers no refill, and repeats the text for seconds', async () => {
    await using system = await warmSystem()
    const triggers = system.triggers()
    const reads: boolean[] = []
    const { db, pool } = system.tables
    const send = (command: Parameters<DocumentClient['send']>[0]) => {
      reads.push(JSON.stringify(command.input).includes('"ConsistentRead":true'))
      return db.send(command)
    }
    const counted = { send } as unknown as DocumentClient
    const stores = { slots: new SlotStore(counted, pool), stats: new StatsStore(counted, pool) }
    const services = { ...system.services, ...stores }
    system.sleep(60_000)
    await Promise.all([poolMetrics(services), poolMetrics(services)])
    await poolMetrics(services)
    expect([reads.length, reads.filter(Boolean).length]).toEqual([3, 1])
    expect(system.triggers()).toBe(triggers)
  })

  it('never shows a session, a visitor or a key', async () => {
    await using system = await warmSystem()
    const visitor = await liveVisitor(system)
    system.sleep(5_000)
    const text = await poolMetrics(system.services)
    expect(text).not.toContain(visitor.id)
    expect(text).not.toMatch(/[0-9a-f]{32}|\d+\.\d+\.\d+\.\d+/)
  })
})

describe('the totals of the statistics', () => {
  it('only grow: they hold counts that the rows of a day have lost', async () => {
    await using system = await warmSystem()
    const { stats } = system.services
    const longAgo = system.services.now() - 5 * 86_400_000
    await stats.count('kills', longAgo, { detail: 'kills#freeze' })
    await stats.measure('heal', 12_000, longAgo)
    const samples = await scrape(system)
    expect(samples.get('warm_pods_kills_total{how="freeze"}')).toBe(1)
    expect(samples.get('warm_pods_heal_seconds_bucket{le="10.0"}')).toBe(0)
    expect(samples.get('warm_pods_heal_seconds_bucket{le="15.0"}')).toBe(1)
    const sum = samples.get('warm_pods_heal_seconds_sum') ?? 0
    expect(Math.abs(sum / 12 - 1)).toBeLessThan(0.05)
  })
})
