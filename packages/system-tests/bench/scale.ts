/**
 * Measures how the size of the pool changes a warm claim, `GET /pool`, refill's planning and a fill, on dynalite and in memory. Each ratio is to four slots
 * of the same run.
 */
import { plan } from '@warm-pods/core/planner/plan.ts'
import type { JobView, PodView } from '@warm-pods/core/state/cluster-view.ts'
import type { WarmSlot } from '@warm-pods/core/state/slot.ts'
import type { Snapshot } from '@warm-pods/core/state/snapshot.ts'
import { poolView } from '@warm-pods/functions/api/pool-view.ts'
import { ms, type Row, type Sample, sampleOf, time } from '../../../scripts/measured.ts'
import { type Bench, benchSystem, claim, startTables, warmSlot, writeSlots } from './claim.ts'
import { benchFill } from './fill.ts'

const SIZES = [4, 40, 400, 4_000] as const
const ROUNDS = 10
const CLAIMS = 10
const CLAIMANTS = 200
/** No ratio may be above this. */
const BUDGET = 1.2

/** A pool of one size, and the measured times in milliseconds. */
interface Pool {
  readonly size: number
  readonly bench: Bench
  readonly slots: readonly WarmSlot[]
  readonly claims: number[]
  readonly views: number[]
  readonly plans: number[]
}

export async function benchScale(): Promise<Row[]> {
  const { endpoint, child } = await startTables(SIZES.map(String))
  process.env.AWS_ACCESS_KEY_ID ??= 'bench'
  process.env.AWS_SECRET_ACCESS_KEY ??= 'bench'
  try {
    const pools: Pool[] = []
    for (const size of SIZES) pools.push(await filledPool(endpoint, size))
    for (const pool of pools) {
      await measure(pool, 2)
      await look(pool)
    }
    for (const pool of pools) for (const times of [pool.claims, pool.views, pool.plans]) times.length = 0
    // In turns, so that a noisy moment affects every size.
    for (let round = 0; round < ROUNDS; round++) for (const pool of pools) await measure(pool, CLAIMS)
    // Last, because the view of a large pool leaves garbage for the claims after it.
    for (let round = 0; round < ROUNDS; round++) for (const pool of pools) await look(pool)
    const [least] = pools
    if (!least) return []
    const rows = pools.flatMap((pool) => rowsOf(pool, least))
    for (const pool of pools.slice(0, 3)) rows.push(await crowdOf(pool))
    return [...rows, ...(await benchFill())]
  } finally {
    child.kill()
  }
}

async function filledPool(endpoint: string, size: number): Promise<Pool> {
  const cap = size + CLAIMANTS
  const bench = benchSystem(endpoint, String(size), { target: size, cap })
  const slots = Array.from({ length: size }, (_, slot) => warmSlot(slot))
  await bench.services.refill.raiseSlotCount(size)
  await writeSlots(bench, slots)
  return { size, bench, slots, claims: [], views: [], plans: [] }
}

/** Claims some slots one at a time, and fills them again. */
async function measure({ bench, claims, slots }: Pool, n: number): Promise<void> {
  for (let i = 0; i < n; i++) {
    claims.push(await time(() => claim(bench)))
    // A pool of four would be empty soon. The claimed slot is not known, so the smallest pools are written whole.
    if (slots.length <= 40 || i === n - 1) await writeSlots(bench, slots.slice(0, 40))
  }
}

/** Views and plans the whole pool once. */
async function look({ bench, plans, slots, views }: Pool): Promise<void> {
  views.push(await time(() => poolView(bench.services)))
  const snapshot = snapshotOf(slots)
  const config = { limits: bench.services.limits, spec: 's' }
  plans.push(await time(async () => plan(snapshot, Date.now(), config)))
}

/** A pool at rest: each slot has its Job and its Ready pod. */
function snapshotOf(slots: readonly WarmSlot[]): Snapshot {
  const createdAtMs = Date.now()
  const jobs = slots.map(({ job }): JobView => {
    return { name: job, uid: job, resourceVersion: '1', createdAtMs, state: 'active' }
  })
  const pods = slots.map(({ job, pod }): PodView => {
    return { job, pod, createdAtMs, phase: 'Running', ready: true, deleting: false, progress: [] }
  })
  return { slots, sessions: [], jobs, pods, refill: { failures: 0, pausedUntilMs: 0 } }
}

function rowsOf(pool: Pool, least: Pool): Row[] {
  const row = (what: string, times: readonly number[], base: readonly number[], isBudgeted: boolean): Row => {
    const [measured, baseline] = [sampleOf([...times]), sampleOf([...base])]
    const ratio = measured.p50 / baseline.p50
    return {
      what: `${what}, ${pool.size.toLocaleString('en')} warm slots`,
      measured: text(measured),
      baseline: `${least.size} slots: ${text(baseline)}`,
      ratio,
      budget: isBudgeted ? `≤ ${BUDGET} x` : 'none',
      met: !isBudgeted || ratio <= BUDGET,
    }
  }
  return [
    row('warm claim', pool.claims, least.claims, true),
    row('GET /pool', pool.views, least.views, false),
    row('plan of refill', pool.plans, least.plans, false),
  ]
}

/** Lets {@link CLAIMANTS} visitors claim at once, and counts the lost races. */
async function crowdOf({ bench, size, slots }: Pool): Promise<Row> {
  await writeSlots(bench, slots)
  let tries = 0
  const { slots: store } = bench.services
  const take = store.claim.bind(store)
  let won = 0
  store.claim = async (from, to) => {
    tries += 1
    const isTaken = await take(from, to)
    won += Number(isTaken)
    return isTaken
  }
  await Promise.allSettled(Array.from({ length: CLAIMANTS }, () => claim(bench)))
  store.claim = take
  return {
    what: `${CLAIMANTS} visitors at once, ${size} warm slots`,
    measured: `${won} warm pods, ${tries - won} lost races`,
    baseline: `${Math.min(CLAIMANTS, size)} warm pods, no lost race`,
    ratio: (tries - won) / CLAIMANTS,
    budget: 'every warm slot is taken',
    met: won === Math.min(CLAIMANTS, size),
  }
}

function text({ n, p50, p99 }: Sample): string {
  return `p50 ${ms(p50)}, p99 ${ms(p99)} (n ${n})`
}
