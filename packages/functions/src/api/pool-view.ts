import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { confirmedView, slotView } from '@warm-pods/core/api/session-view.ts'
import { splitImageName } from '@warm-pods/core/image-name.ts'
import { heldBackMs, isInDoubt, type RefillRow } from '@warm-pods/core/state/refill-row.ts'
import { uninitializedSlot } from '@warm-pods/core/state/slot.ts'
import { toIsoTime } from '@warm-pods/core/time.ts'
import type { Services } from '../services.ts'
import type { PoolRead } from '../store/slots.ts'
import { ageProblem, confirmIfOld } from './confirmation.ts'

/**
 * Returns the public view of the pool. It needs two reads of DynamoDB; the statistics are cached for a few seconds. It triggers
 * refill when the last look at Kubernetes is too old.
 */
export async function poolView(services: Services): Promise<Pool> {
  const nowMs = services.now()
  const [read, summary] = await Promise.all([
    services.slots.read(),
    services.stats.summary(nowMs, services.limits.target),
  ])
  await confirmIfOld(services, read.refill, nowMs)
  return poolOf(services, read, summary, nowMs)
}

/** Returns the public view of the rows. @param nowMs when they were read, ms since 1970. */
export function poolOf(
  { limits, config }: Pick<Services, 'limits' | 'config'>,
  { slots, refill }: PoolRead,
  summary: Pick<Pool, 'forecast' | 'last24h'>,
  nowMs: number,
): Pool {
  const problem = refill.problem ?? ageProblem(refill, nowMs, limits)
  const viewed = { nowMs, limits, isInDoubt: isInDoubt(refill) }
  const byNumber = new Map(slots.flatMap((slot) => (slot.former ? [] : [[slot.slot, slot] as const])))
  const pausedMs = heldBackMs(refill, nowMs, limits)
  return {
    target: limits.target,
    cap: limits.cap,
    live: refill.live,
    slots: Array.from({ length: limits.target }, (_, number) =>
      slotView(byNumber.get(number) ?? uninitializedSlot(number), viewed),
    ),
    refill: {
      ...lastRun(refill, nowMs),
      ...(refill.confirmedAtMs === undefined
        ? { confirmedAt: null }
        : confirmedView(refill.confirmedAtMs, nowMs)),
      healthy: problem === undefined,
      ...(problem === undefined ? {} : { problem }),
      ...(pausedMs > 0 ? { pausedUntil: toIsoTime(nowMs + pausedMs) } : {}),
    },
    ...summary,
    cluster: {
      name: config.clusterName,
      region: config.clusterRegion,
      version: refill.version ?? null,
      ...(refill.clusterState === undefined ? {} : { state: refill.clusterState }),
      namespace: config.namespace,
      apiRegion: config.region,
      // Without the registry, because its name on AWS contains the owner's account.
      image: splitImageName(config.image).path,
    },
  }
}

function lastRun(
  { lastRunAtMs }: RefillRow,
  nowMs: number,
): Pick<Pool['refill'], 'lastRunAt' | 'lastRunAgoMs'> {
  if (lastRunAtMs === undefined) return { lastRunAt: null }
  return { lastRunAt: toIsoTime(lastRunAtMs), lastRunAgoMs: Math.max(0, nowMs - lastRunAtMs) }
}
