import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { slotView } from '@warm-pods/core/api/session-view.ts'
import { splitImageName } from '@warm-pods/core/image-name.ts'
import { uninitializedSlot } from '@warm-pods/core/state/slot.ts'
import { toIsoTime } from '@warm-pods/core/time.ts'
import type { Services } from '../services.ts'

/** Returns the public view of the pool. It needs two reads of DynamoDB; the statistics are cached for a few seconds. */
export async function poolView(services: Services): Promise<Pool> {
  const { limits, config } = services
  const nowMs = services.now()
  const [{ slots, refill }, summary] = await Promise.all([
    services.slots.read(),
    services.stats.summary(nowMs, limits.target),
  ])
  const ranLately = refill.lastRunAtMs !== undefined && nowMs - refill.lastRunAtMs < limits.warmStaleMs
  const problem = refill.problem ?? (ranLately ? undefined : 'Refill has not run lately.')
  return {
    target: limits.target,
    cap: limits.cap,
    live: refill.live,
    slots: Array.from({ length: limits.target }, (_, i) =>
      slotView(slots.find((s) => s.slot === i) ?? uninitializedSlot(i)),
    ),
    refill: {
      lastRunAt: refill.lastRunAtMs === undefined ? null : toIsoTime(refill.lastRunAtMs),
      healthy: problem === undefined,
      ...(problem === undefined ? {} : { problem }),
      ...(refill.pausedUntilMs > nowMs ? { pausedUntil: toIsoTime(refill.pausedUntilMs) } : {}),
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
