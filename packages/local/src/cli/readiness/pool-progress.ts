import { setTimeout as sleep } from 'node:timers/promises'
import type { TerminalOutput } from '../output/terminal-output.ts'
import type { System } from '../system.ts'
import { fetchPoolStatus, type PoolStatus } from './pool-status.ts'

const POLL_MS = 100
/** A killed refill keeps its lease for a while, and no reconciliation starts until the next trigger. */
const TRIGGER_MS = 3_000
/** How often {@link awaitWarmPod} asks. A read of the pool makes refill look again every few seconds. */
const SLOW_POLL_MS = 2_000
const NO_PROBLEM = 'refill reports no problem yet'

export interface PoolProgressOptions {
  readonly system: Pick<System, 'site' | 'invokeRefill'>
  /** Milliseconds since 1970. Rows that refill last updated before this time may name pods that no longer exist. */
  readonly sinceMs: number
  readonly output: TerminalOutput
  readonly signal: AbortSignal
  /** The pods' image, when the nodes have to pull it. */
  readonly image?: string
  /** After this time without a change, the reason is printed. Default 8,000. */
  readonly stalledMs?: number
  /** After this time the wait ends although the pool is not full. Default 60,000. */
  readonly patienceMs?: number
}

/**
 * Displays how the pool fills up.
 * @returns when the pool is full, after `patienceMs`, or when the signal aborts: why no visitor can get a warm pod. undefined when
 *   at least one pod is warm.
 */
export async function showPoolProgress(options: PoolProgressOptions): Promise<string | undefined> {
  const { system, output, signal, stalledMs = 8_000, patienceMs = 60_000 } = options
  const startedAt = performance.now()
  let changedAt = startedAt
  let triggeredAt = startedAt
  let shown = -1
  let reported: string | undefined
  let status: PoolStatus | undefined
  while (!signal.aborted && performance.now() - startedAt < patienceMs) {
    status = await statusSince(options)
    if (status.target > 0 && status.warm >= status.target) {
      output.step('pool', progressText(status))
      return undefined
    }
    if (status.target > 0 && status.warm !== shown) {
      shown = status.warm
      changedAt = performance.now()
    }
    output.progress('pool', status.target > 0 ? progressText(status) : 'waiting for the API')
    const problem = status.problem ?? NO_PROBLEM
    if (performance.now() - changedAt > stalledMs && problem !== reported) {
      reported = problem
      output.note(`The pool does not fill up: ${problem}`)
      if (options.image !== undefined && /Image/.test(problem)) output.note(imageAdvice(options.image))
      if (options.image !== undefined && status.unreached) output.note(UNREACHED_ADVICE)
    }
    if (performance.now() - triggeredAt > TRIGGER_MS) {
      triggeredAt = performance.now()
      await system.invokeRefill()
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => {})
  }
  if (!signal.aborted) output.note('The pool is still not full. The page shows its progress.')
  return status !== undefined && status.warm > 0 ? undefined : (status?.problem ?? NO_PROBLEM)
}

/** @returns how full the pool is, as soon as one pod is warm; undefined when the signal aborts. */
export async function awaitWarmPod(
  options: Pick<PoolProgressOptions, 'signal' | 'sinceMs' | 'system'> & { readonly everyMs?: number },
): Promise<string | undefined> {
  const { everyMs = SLOW_POLL_MS, signal } = options
  while (!signal.aborted) {
    const status = await statusSince(options)
    if (status.warm > 0) return progressText(status)
    await sleep(everyMs, undefined, { signal }).catch(() => {})
  }
  return undefined
}

/** The status of the pool. Rows from before `sinceMs` do not count as warm. */
async function statusSince({
  signal,
  sinceMs,
  system,
}: Pick<PoolProgressOptions, 'signal' | 'sinceMs' | 'system'>): Promise<PoolStatus> {
  const latest = await fetchPoolStatus(system.site, signal)
  return latest.seenMs < sinceMs ? { ...latest, warm: 0 } : latest
}

const UNREACHED_ADVICE =
  "Check that the gateway's pods may connect to port 8080 of the other pods: NetworkPolicies, firewalls, and forwarding on the nodes. If the gateway answered 404, add the pods' network to k8s/overlays/local/cluster.conf and run again with --apply. The pool fills up as soon as the gateway reaches the pods."

function imageAdvice(image: string): string {
  return `The nodes cannot pull ${image}. Build it (packages/pod/Dockerfile) and load it into the cluster, or name an image that they can pull: --image <reference>. The pool fills up as soon as the nodes have the image.`
}

function progressText({ warm, target }: PoolStatus): string {
  return `${'●'.repeat(warm)}${'○'.repeat(Math.max(0, target - warm))} ${warm} of ${target} pods warm`
}
