import { setTimeout as sleep } from 'node:timers/promises'
import type { TerminalOutput } from '../output/terminal-output.ts'
import type { System } from '../system.ts'
import { fetchPoolStatus, type PoolStatus } from './pool-status.ts'

const POLL_MS = 100
/** A killed refill keeps its lease for a while, and no reconciliation starts until the next trigger. */
const TRIGGER_MS = 3_000

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

/** Displays how the pool fills up. Resolves when it is full, after `patienceMs`, or when the signal aborts. */
export async function showPoolProgress(options: PoolProgressOptions): Promise<void> {
  const { system, sinceMs, output, signal, stalledMs = 8_000, patienceMs = 60_000 } = options
  const startedAt = performance.now()
  let changedAt = startedAt
  let triggeredAt = startedAt
  let shown = -1
  let reported: string | undefined
  while (!signal.aborted && performance.now() - startedAt < patienceMs) {
    const latest = await fetchPoolStatus(system.site, signal)
    const status = latest.seenMs < sinceMs ? { ...latest, warm: 0 } : latest
    if (status.target > 0 && status.warm >= status.target) return output.step('pool', progressText(status))
    if (status.target > 0 && status.warm !== shown) {
      shown = status.warm
      changedAt = performance.now()
    }
    output.progress('pool', status.target > 0 ? progressText(status) : 'waiting for the API')
    const problem = status.problem ?? 'refill reports no problem yet'
    if (performance.now() - changedAt > stalledMs && problem !== reported) {
      reported = problem
      output.note(`The pool does not fill up: ${problem}`)
      if (options.image !== undefined && /Image/.test(problem)) output.note(imageAdvice(options.image))
    }
    if (performance.now() - triggeredAt > TRIGGER_MS) {
      triggeredAt = performance.now()
      await system.invokeRefill()
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => {})
  }
  if (!signal.aborted) output.note('The pool is still not full. The page shows its progress.')
}

function imageAdvice(image: string): string {
  return `The nodes cannot pull ${image}. Build it (packages/pod/Dockerfile) and load it into the cluster, or name an image that they can pull: --image <reference>. The pool fills up as soon as the nodes have the image.`
}

function progressText({ warm, target }: PoolStatus): string {
  return `${'●'.repeat(warm)}${'○'.repeat(Math.max(0, target - warm))} ${warm} of ${target} pods warm`
}
