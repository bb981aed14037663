import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { slotView } from '@warm-pods/core/api/session-view.ts'
import { splitImageName } from '@warm-pods/core/image-name.ts'
import type { Slot } from '@warm-pods/core/state/state.ts'
import { toIsoTime } from '@warm-pods/core/time.ts'
import type { Services } from '../services.ts'

/** The pool, as everyone may see it: two reads of DynamoDB, the second of which is kept for a few seconds. */
export async function poolView(services: Services): Promise<Pool> {
  const { limits, config } = services
  const nowMs = services.now()
  const [{ slots, refill }, summary] = await Promise.all([
    services.slots.read(),
    services.stats.summary(nowMs, limits.target),
  ])
  const ranLately = refill.lastRunAt !== undefined && nowMs - refill.lastRunAt < limits.warmStaleMs
  const problem = refill.problem ?? (ranLately ? undefined : 'Refill has not run lately.')
  return {
    target: limits.target,
    cap: limits.cap,
    live: refill.live,
    slots: Array.from({ length: limits.target }, (_, i) =>
      slotView(slots.find((s) => s.slot === i) ?? unborn(i)),
    ),
    refill: {
      lastRunAt: refill.lastRunAt === undefined ? null : toIsoTime(refill.lastRunAt),
      healthy: problem === undefined,
      ...(problem === undefined ? {} : { problem }),
      ...(refill.pausedUntil > nowMs ? { pausedUntil: toIsoTime(refill.pausedUntil) } : {}),
    },
    ...summary,
    cluster: {
      name: config.clusterName,
      region: config.clusterRegion,
      version: refill.version ?? null,
      namespace: config.namespace,
      apiRegion: config.region,
      // Without the registry, because its name on AWS contains the owner's account.
      image: splitImageName(config.image).path,
    },
  }
}

function unborn(slot: number): Slot {
  return { slot, gen: 0, state: 'EMPTY', sinceMs: 0 }
}
