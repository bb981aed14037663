import { setTimeout as sleep } from 'node:timers/promises'
import { glanceAtPool, type PoolGlance } from './pool-readiness.ts'
import type { System } from './system.ts'
import type { Screen } from './terminal-output.ts'

const EVERY_MS = 100
/** A refill that was killed in the middle holds the watch for a while, and then nobody looks until the next minute. */
const WAKE_EVERY_MS = 3_000

export interface PoolProgressOptions {
  readonly system: Pick<System, 'site' | 'invokeRefill'>
  /** Milliseconds since 1970: rows that refill has not looked at since may speak of pods that are long gone. */
  readonly sinceMs: number
  readonly screen: Screen
  readonly signal: AbortSignal
  /** The image of the pods, where the nodes have to get it from somewhere. */
  readonly image?: string
  /** A pool that has not changed for this long is said not to progress. */
  readonly stalledMs?: number
  /** After this long the person is told the address all the same. */
  readonly patienceMs?: number
}

/** Shows the pool filling up; returns when it is whole, when patience ends, or when the signal aborts. */
export async function followPool(options: PoolProgressOptions): Promise<void> {
  const { system, sinceMs, screen, signal, stalledMs = 8_000, patienceMs = 60_000 } = options
  const startedAt = performance.now()
  let changedAt = startedAt
  let wokenAt = startedAt
  let shown = -1
  let told: string | undefined
  while (!signal.aborted && performance.now() - startedAt < patienceMs) {
    const seen = await glanceAtPool(system.site, signal)
    const glance = seen && seen.seenMs < sinceMs ? { ...seen, warm: 0 } : seen
    if (glance && glance.target > 0 && glance.warm >= glance.target)
      return screen.step('pool', `${dots(glance)} ${glance.warm} of ${glance.target} pods warm`)
    if (glance && glance.warm !== shown) {
      shown = glance.warm
      changedAt = performance.now()
    }
    screen.doing('pool', glance ? `${dots(glance)} ${glance.warm} of ${glance.target} pods warm` : 'waiting')
    const why = glance?.problem ?? 'no word from the API yet'
    if (performance.now() - changedAt > stalledMs && why !== told) {
      told = why
      screen.note(`The pool is not progressing: ${why}`)
      if (options.image !== undefined && /Image/.test(why)) screen.note(imageSentence(options.image))
    }
    if (performance.now() - wokenAt > WAKE_EVERY_MS) {
      wokenAt = performance.now()
      await system.invokeRefill()
    }
    await sleep(EVERY_MS, undefined, { signal }).catch(() => {})
  }
  if (!signal.aborted) screen.note('The pool is still not whole; the page shows how it goes on.')
}

function imageSentence(image: string): string {
  return `The nodes cannot get ${image}. Build it (packages/pod/Dockerfile) and put it there, or name one they can pull: --image <reference>. The pool goes on by itself once they have it.`
}

function dots({ warm, target }: PoolGlance): string {
  return '●'.repeat(warm) + '○'.repeat(Math.max(0, target - warm))
}
