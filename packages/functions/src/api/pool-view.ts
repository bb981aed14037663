import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { confirmedView, slotView } from '@warm-pods/core/api/session-view.ts'
import { splitImageName } from '@warm-pods/core/image-name.ts'
import type { Limits } from '@warm-pods/core/limits.ts'
import { explainSize } from '@warm-pods/core/planner/size-pool.ts'
import { heldBackMs, isInDoubt, type RefillRow } from '@warm-pods/core/state/refill-row.ts'
import { currentTarget, isSized, type Sizing } from '@warm-pods/core/state/sizing.ts'
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
  const reading = services.slots.read()
  const [read, summary] = await Promise.all([reading, summaryFor(services, reading, nowMs)])
  await confirmIfOld(services, read.refill, nowMs)
  return poolOf(services, read, summary, nowMs)
}

/** Returns the statistics, with the forecast for the size of the pool that is being read. Errors of DynamoDB pass through. */
export function summaryFor(
  { limits, stats }: Services,
  reading: Promise<PoolRead>,
  nowMs: number,
): ReturnType<Services['stats']['summary']> {
  return stats.summary(
    nowMs,
    reading.then(({ refill: { gaps, sizing } }) => ({ target: currentTarget(sizing, limits), gaps })),
  )
}

/** Returns the public view of the rows. @param nowMs when they were read, ms since 1970. */
export function poolOf(
  { limits, config }: Pick<Services, 'limits' | 'config'>,
  { slots, refill }: PoolRead,
  summary: Pick<Pool, 'forecast' | 'last24h'>,
  nowMs: number,
): Pool {
  const target = currentTarget(refill.sizing, limits)
  const problem = refill.problem ?? ageProblem(refill, nowMs, limits)
  const viewed = { nowMs, limits, isInDoubt: isInDoubt(refill) }
  const byNumber = new Map(slots.flatMap((slot) => (slot.former ? [] : [[slot.slot, slot] as const])))
  const pausedMs = heldBackMs(refill, nowMs, limits)
  return {
    target,
    ...(isSized(limits) && refill.sizing ? { sizing: sizingView(refill.sizing, limits) } : {}),
    cap: limits.cap,
    live: refill.live,
    slots: Array.from({ length: target }, (_, number) =>
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

function sizingView(sizing: Sizing, limits: Limits): NonNullable<Pool['sizing']> {
  const { arrivalsPerMinute, neededAtMs, reason, startMs = null } = sizing
  return {
    floor: limits.target,
    max: limits.targetMax,
    warmShareGoal: limits.warmShareGoal / 100,
    arrivalsPerMinute,
    startMs,
    reason,
    neededAt: toIsoTime(neededAtMs),
    explanation: explainSize(sizing, limits),
  }
}

function lastRun(
  { lastRunAtMs }: RefillRow,
  nowMs: number,
): Pick<Pool['refill'], 'lastRunAt' | 'lastRunAgoMs'> {
  if (lastRunAtMs === undefined) return { lastRunAt: null }
  return { lastRunAt: toIsoTime(lastRunAtMs), lastRunAgoMs: Math.max(0, nowMs - lastRunAtMs) }
}
