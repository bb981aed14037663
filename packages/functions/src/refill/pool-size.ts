import type { Limits } from '@warm-pods/core/limits.ts'
import { otherJobs, sizePool } from '@warm-pods/core/planner/size-pool.ts'
import { gapsAfter } from '@warm-pods/core/state/observation.ts'
import type { RefillRow } from '@warm-pods/core/state/refill-row.ts'
import { currentTarget, isSized, type Sizing } from '@warm-pods/core/state/sizing.ts'
import type { Services } from '../services.ts'
import type { VersionedSnapshot } from './snapshot.ts'

/** The time of the last need is recorded when it is older than this share of the time until a fall. */
const NEED_SHARE = 0.25
/** A change of the arrivals below this share is not recorded, so that a quiet pool causes no writes. */
const NOTABLE_CHANGE = 0.1

/**
 * Decides the size of the pool for one pass and records it. A pool of a fixed size reads and writes nothing here. Errors of DynamoDB
 * pass through.
 * @returns the services with this size as `limits.target`.
 */
export async function withPoolSize(services: Services, snapshot: VersionedSnapshot): Promise<Services> {
  const { limits, refill, stats } = services
  if (!isSized(limits)) return services
  const nowMs = services.now()
  const before = snapshot.refill.sizing
  const demand = await stats.demand(nowMs, gapsAfter(snapshot.refill, snapshot.readAtMs, limits))
  const sizing = sizePool(demand, before, otherJobs(snapshot), nowMs, limits)
  if (!before || isNotable(before, sizing, limits)) await refill.resize(sizing)
  return { ...services, limits: { ...limits, target: sizing.target } }
}

/** The services with the recorded size of the pool as `limits.target`. */
export function withRecordedSize(services: Services, { sizing }: Pick<RefillRow, 'sizing'>): Services {
  const { limits } = services
  return { ...services, limits: { ...limits, target: currentTarget(sizing, limits) } }
}

/**
 * True when the arrivals ask for more slots than recorded, so that a whole pass must decide. That pass knows the places of the quota.
 * Errors of DynamoDB pass through.
 */
export async function hasOutgrown(
  { limits, now, stats }: Services,
  refill: Pick<RefillRow, 'confirmedAtMs' | 'gaps' | 'sizing'>,
): Promise<boolean> {
  const { sizing } = refill
  if (!isSized(limits) || sizing?.reason === 'quota') return false
  const nowMs = now()
  const demand = await stats.demand(nowMs, gapsAfter(refill, nowMs, limits))
  return sizePool(demand, sizing, 0, nowMs, limits).target > currentTarget(sizing, limits)
}

function isNotable(before: Sizing, now: Sizing, limits: Limits): boolean {
  const change = Math.abs(now.arrivalsPerMinute - before.arrivalsPerMinute)
  const isAboveFloor = now.target > limits.target
  return (
    now.target !== before.target ||
    now.reason !== before.reason ||
    change > NOTABLE_CHANGE * Math.max(now.arrivalsPerMinute, before.arrivalsPerMinute) ||
    (isAboveFloor && now.neededAtMs - before.neededAtMs > NEED_SHARE * limits.targetFallMs)
  )
}
