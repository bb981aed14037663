import { parseWarmJobName } from '@warm-pods/core/identity/names.ts'
import type { PoolReading } from '../visit/pool-poller.ts'

/** How long a pod took to start, ms as refill timed it. `routedMs` is the last part: the way through the gateway. */
interface Start {
  readonly startMs: number
  readonly routedMs?: number | undefined
}

/** The start of each slot generation; null for a warm slot without a time. */
export type Starts = ReadonlyMap<string, Start | null>

/** Slot and generation, the key of {@link Starts}. */
type SlotKey = `${number}.${number}`

/** The start of the pod that replaced a claimed warm pod in its slot. */
export type Refill =
  | ({ readonly is: 'timed' } & Start)
  /** Still starting at the last reading of the pool, at `askedMs`, {@link nowMs}. */
  | { readonly is: 'running'; readonly askedMs: number }
  /** The start was not seen completely, or the pod came and went between two readings. */
  | { readonly is: 'missed' }

/** Returns `seen` with the starts of this reading added; the same map when there are none. */
export function withStarts(seen: Starts, { pool }: PoolReading): Starts {
  const added = (pool?.slots ?? []).flatMap((view): [string, Start | null][] => {
    const { slot, gen, state, startMs, routedMs } = view
    const key: SlotKey = `${slot}.${gen}`
    return state === 'warm' && !seen.has(key)
      ? [[key, startMs === undefined ? null : { startMs, routedMs }]]
      : []
  })
  return added.length === 0 ? seen : new Map([...seen, ...added])
}

/**
 * Returns the start of the pod that refilled the slot of a claimed warm pod. Each claim makes the pool start a pod. So
 * this start is the wait without a pool, measured in the same cluster and the same minute.
 * @param podName name of the claimed pod: the name of its Job and a suffix.
 */
export function refillOf(podName: string, seen: Starts, { pool, askedMs }: PoolReading): Refill {
  const taken = parseWarmJobName(podName.replace(/-[a-z0-9]+$/, ''))
  if (!taken) return { is: 'missed' }
  const gen = taken.gen + 1
  const start = seen.get(`${taken.slot}.${gen}` satisfies SlotKey)
  if (start !== undefined) return start === null ? { is: 'missed' } : { is: 'timed', ...start }
  const slot = pool?.slots.find((candidate) => candidate.slot === taken.slot)
  return slot && slot.gen > gen ? { is: 'missed' } : { is: 'running', askedMs }
}
