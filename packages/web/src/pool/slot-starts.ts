import { parseWarmJobName } from '@warm-pods/core/identity/names.ts'
import type { PoolReading } from '../visit/pool-poller.ts'

/** How long the start of a slot's generation took, ms as refill timed it; null when it stands and nobody timed it. */
export type Starts = ReadonlyMap<string, number | null>

/** A slot of a generation, as the key of {@link Starts}. */
export type SlotKey = `${number}.${number}`

/** What is known of the pod that was started in the place of one that was taken. */
export type Refill =
  | { readonly is: 'timed'; readonly startMs: number }
  /** Still starting when the pool was last asked, which was at `askedMs`, {@link nowMs}. */
  | { readonly is: 'running'; readonly askedMs: number }
  /** It came and went between two readings, or nobody saw its start whole. */
  | { readonly is: 'missed' }

/** The starts of `seen` and those that this reading adds; the same map when it adds none. */
export function withStarts(seen: Starts, { pool }: PoolReading): Starts {
  const added = (pool?.slots ?? []).flatMap(({ slot, gen, state, startMs }): [string, number | null][] => {
    const key: SlotKey = `${slot}.${gen}`
    return state === 'warm' && !seen.has(key) ? [[key, startMs ?? null]] : []
  })
  return added.length === 0 ? seen : new Map([...seen, ...added])
}

/**
 * The start that followed when a warm pod was taken: its slot's next generation. Every claim makes the pool start a pod
 * anyway, so this is what the visitor would have waited for without a pool, in the same cluster and the same minute.
 * @param podName name of the pod that was taken: its Job's, and a suffix of its own.
 */
export function refillOf(podName: string, seen: Starts, { pool, askedMs }: PoolReading): Refill {
  const taken = parseWarmJobName(podName.replace(/-[a-z0-9]+$/, ''))
  if (!taken) return { is: 'missed' }
  const gen = taken.gen + 1
  const startMs = seen.get(`${taken.slot}.${gen}` satisfies SlotKey)
  if (startMs !== undefined) return startMs === null ? { is: 'missed' } : { is: 'timed', startMs }
  const slot = pool?.slots.find((candidate) => candidate.slot === taken.slot)
  return slot && slot.gen > gen ? { is: 'missed' } : { is: 'running', askedMs }
}
