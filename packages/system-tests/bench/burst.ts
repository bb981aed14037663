/**
 * Benchmarks {@link BURST} claims at once on four warm pods, with and without refill's delay after a claim (ADR 34). Both systems take
 * turns, and each turn begins with the other one, because a busy machine would favour one of them.
 */
import type { Limits } from '@warm-pods/core/limits.ts'
import { ms, type Row, sampleOf } from '../../../scripts/measured.ts'
import { startBenchSystem } from './bench-system.ts'
import { newTestVisitor } from './visitor.ts'

const BURST = 20
const TURNS = Number(process.env['ROUNDS'] ?? 3)
const BURSTS_IN_A_TURN = 3
/** Every visitor of a burst gets a pod, so the quota must not refuse the pool's next Jobs. */
const ROOM: Partial<Limits> = { cap: 40 }
const NO_DELAY: Partial<Limits> = { replenishDelayMs: 0, replenishDelayMaxMs: 0 }

/** All values are milliseconds. */
interface Figures {
  /** From the burst to the first pong of each visitor that got a warm pod. */
  readonly warm: number[]
  /** From the burst until four pods are warm again, one value for each burst. */
  readonly whole: number[]
}

/**
 * With the delay is `measured`, without it is the baseline. `ROUNDS=5` adds turns.
 * @param args further arguments for `npm start`, such as `--context`. The local Kubernetes runs the pods unless they say otherwise.
 */
export async function benchBurst(args: readonly string[] = []): Promise<Row[]> {
  const delayed: Figures = { warm: [], whole: [] }
  const atOnce: Figures = { warm: [], whole: [] }
  const sides = [() => measure(args, ROOM, delayed), () => measure(args, { ...ROOM, ...NO_DELAY }, atOnce)]
  for (let turn = 0; turn < TURNS; turn++) {
    for (const side of turn % 2 === 0 ? sides : sides.toReversed()) await side()
  }
  return [
    row(`first pong of the warm ones among ${BURST} claims at once`, delayed.warm, atOnce.warm),
    row(`pool whole again after ${BURST} claims at once`, delayed.whole, atOnce.whole),
  ]
}

async function measure(args: readonly string[], limits: Partial<Limits>, figures: Figures): Promise<void> {
  await using system = await startBenchSystem(args, limits)
  for (let i = 0; i < BURSTS_IN_A_TURN; i++) {
    await system.quiet()
    const visitors = await Promise.all(Array.from({ length: BURST }, () => newTestVisitor(system)))
    const startedMs = performance.now()
    const claims = await Promise.all(visitors.map((visitor) => visitor.claim()))
    for (const { status, ms } of claims) if (status === 201) figures.warm.push(ms)
    figures.whole.push(await system.poolFullSince(startedMs))
    await Promise.all(visitors.map((visitor) => visitor.release()))
  }
}

function row(what: string, delayed: readonly number[], atOnce: readonly number[]): Row {
  const text = (values: readonly number[]) => {
    const { n, p50, p95 } = sampleOf(values)
    return `p50 ${ms(p50)}, p95 ${ms(p95)} (n ${n})`
  }
  return {
    what,
    measured: text(delayed),
    baseline: `without the delay: ${text(atOnce)}`,
    ratio: sampleOf(delayed).p50 / sampleOf(atOnce).p50,
    budget: 'none',
    met: true,
  }
}
