import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DocumentClient } from '../store/client.ts'
import { StatsStore } from '../store/stats.ts'
import { logAsLambda, logInternalError, logReconciliation, logRequest } from './log.ts'
import { METRICS } from './metrics.ts'

const lines: string[] = []
beforeEach(() => {
  lines.length = 0
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    lines.push(String(text))
    return true
  })
})
afterEach(() => vi.restoreAllMocks())

/** Everything in the functions that counts or measures, once. */
async function emitAll(): Promise<void> {
  logReconciliation({ passes: 1, steps: 2, ms: 30, waiting: false, warm: 4 })
  logRequest({ operation: 'claim', status: 201, ms: 5.5, requestId: 'r' })
  const nowhere = { send: async () => ({}) } as unknown as DocumentClient // Of the client it is asked for this alone.
  const stats = new StatsStore(nowhere, 'pool')
  for (const counter of ['warm', 'cold', 'refused', 'kills', 'failovers'] as const)
    await stats.count(counter, 0)
  for (const histogram of ['start', 'heal', 'failover'] as const) await stats.measure(histogram, 1_234, 0)
}

interface Line {
  readonly [field: string]: unknown
  readonly _aws?: {
    readonly Timestamp: number
    readonly CloudWatchMetrics: readonly [
      {
        readonly Namespace: string
        readonly Dimensions: readonly (readonly string[])[]
        readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[]
      },
    ]
  }
}

describe('a Lambda’s log', () => {
  it('has every metric as a number at the root of its line, as CloudWatch requires', async () => {
    logAsLambda('warm-pods-test')
    await emitAll()
    const seen = new Set<string>()
    for (const text of lines) {
      expect(text.endsWith('\n')).toBe(true)
      const line: Line = JSON.parse(text)
      const [directive] = line._aws?.CloudWatchMetrics ?? []
      expect(directive).toMatchObject({ Namespace: 'warm-pods-test', Dimensions: [[]] })
      expect(Math.abs(Date.now() - (line._aws?.Timestamp ?? 0))).toBeLessThan(60_000)
      for (const { Name, Unit } of directive?.Metrics ?? []) {
        expect(line[Name]).toBeTypeOf('number')
        expect(METRICS).toHaveProperty(Name, Unit)
        seen.add(Name)
      }
    }
    expect([...seen].sort()).toEqual(Object.keys(METRICS).sort())
  })

  it('has no metrics in other lines, or without a namespace', async () => {
    logAsLambda('warm-pods-test')
    logRequest({ operation: 'pool', status: 200, ms: 1, requestId: 'r' })
    logInternalError('pool', 'r', new Error('no'))
    logAsLambda('')
    await emitAll()
    expect(lines.filter((line) => line.includes('_aws'))).toEqual([])
    expect(lines).toHaveLength(12)
  })
})
