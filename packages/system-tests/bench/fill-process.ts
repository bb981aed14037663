/**
 * Fills an empty pool over engines in memory, in a process of its own, so that its memory is that of the fill. The parent gets a
 * {@link Fill}.
 */
import { reconcile } from '@warm-pods/functions/refill/reconcile.ts'
import { poolOf } from '../../functions/tests/_pool-of.ts'

/** What one fill took. */
export interface Fill {
  /** From the first invocation to the end of the last one, s. The schedule starts an invocation each minute. */
  readonly seconds: number
  readonly invocations: number
  readonly passes: number
  /** Calls of DynamoDB and Kubernetes by name. */
  readonly calls: Readonly<Record<string, number>>
  /** Their requests and answers as JSON. */
  readonly bytes: number
  readonly processorMs: number
  /** Resident memory at its highest, bytes. The rows and Jobs of the engines are in it. */
  readonly residentBytes: number
}

/** Rows of a partition fit into one page of DynamoDB. */
const PAGE_ITEMS = 1_000
const TALLY_EVERY_MS = 50

console.log = () => undefined
const size = Number(process.argv[2])
const { calls, services } = await poolOf(size, 'none', undefined, PAGE_ITEMS)
const { monotonic } = services
const { refillEveryMs, refillRunMs } = services.limits

const counts: Record<string, number> = {}
let bytes = 0
/** Adds the calls up and forgets them, so that they take no memory. */
function tally(): void {
  for (const call of calls.splice(0)) {
    counts[call.name] = (counts[call.name] ?? 0) + 1
    bytes += call.bytes
  }
}

const tallying = setInterval(tally, TALLY_EVERY_MS)
const startMs = monotonic()
const processorUs = process.cpuUsage()
let [invocations, passes] = [0, 0]
for (let isOver = false; !isOver; ) {
  const nextMs = startMs + invocations * refillEveryMs
  if (nextMs > monotonic()) await services.sleep(nextMs - monotonic())
  const summary = await reconcile(services, refillRunMs)
  invocations += 1
  passes += summary.passes
  isOver = !summary.waiting
}
const seconds = (monotonic() - startMs) / 1_000
const { system, user } = process.cpuUsage(processorUs)
clearInterval(tallying)
tally()
const fill: Fill = {
  seconds,
  invocations,
  passes,
  calls: counts,
  bytes,
  processorMs: (system + user) / 1_000,
  residentBytes: process.resourceUsage().maxRSS * 1_024,
}
process.send?.(fill)
process.disconnect?.()
