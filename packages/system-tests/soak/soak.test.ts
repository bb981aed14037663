import { describe, expect, it } from 'vitest'
import { freePorts } from '../../local/tests/_util.ts'
import { soak } from './soak.ts'

/** Shorter time-outs and a faster schedule, so that the system is quiet soon after a short load. */
const LIMITS = {
  socketIdleMs: 4_000,
  startBudgetMs: 8_000,
  orphanGraceMs: 9_000,
  refillEveryMs: 5_000,
  refillRunMs: 4_000,
  refillLeaseMs: 2_000,
  pathCheckMs: 3_000,
  unreachedMs: 1_000,
}

describe.skipIf(process.platform !== 'linux')('a soak', () => {
  it('of twelve seconds with a kill every two seconds has no findings', {
    timeout: 300_000,
  }, async () => {
    const port = await freePorts()
    const options = {
      minutes: 0.2,
      seed: 11,
      visitors: 3,
      perMinute: undefined,
      killEveryMs: 2_000,
      port,
      databaseCalls: undefined,
      databaseKinds: [],
      limits: LIMITS,
    }
    const { findings, kills, ledger } = await soak(options, console.log)
    expect(findings).toEqual([])
    expect([...kills.values()].reduce((sum, n) => sum + n, 0)).toBeGreaterThan(3)
    expect(ledger.sockets).toBeGreaterThan(0)
    expect(ledger.acknowledged.length).toBeGreaterThan(0)
  })
})
