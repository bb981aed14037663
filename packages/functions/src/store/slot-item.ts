/** A slot as an item of the Pool table, and back. */
import { PodSchema, ProgressSchema, RoutedSchema, StepNameSchema } from '@warm-pods/core/api/contracts.ts'
import type { Slot } from '@warm-pods/core/state/slot.ts'
import * as v from 'valibot'
import { parseItem, TimeAttribute, timeToItem, withoutUndefined } from './item.ts'
import { slotKey } from './tables.ts'

const slotBase = {
  pool: v.string(),
  slot: v.pipe(v.string(), v.digits(), v.transform(Number)),
  gen: v.number(),
  since: TimeAttribute,
}
const reserved = { job: v.string(), key: v.string(), spec: v.string() }
/** A newer version may store steps that this one does not know. They are left out, so that the slot stays readable. */
const StoredProgress = v.pipe(
  v.array(v.looseObject({ step: v.string() })),
  v.filterItems(({ step }) => v.is(StepNameSchema, step)),
  ProgressSchema,
)
const SlotItem = v.variant('state', [
  v.object({ ...slotBase, state: v.literal('EMPTY'), claimedAt: v.optional(TimeAttribute) }),
  v.object({
    ...slotBase,
    ...reserved,
    state: v.literal('STARTING'),
    progress: v.optional(StoredProgress),
    routed: v.optional(RoutedSchema),
    problem: v.optional(v.string()),
  }),
  v.object({
    ...slotBase,
    ...reserved,
    state: v.literal('WARM'),
    pod: PodSchema,
    checkedAt: TimeAttribute,
    reachedAt: v.optional(TimeAttribute),
    startMs: v.optional(v.number()),
    routedMs: v.optional(v.number()),
  }),
  v.object({
    ...slotBase,
    ...reserved,
    state: v.literal('CLAIMED'),
    pod: PodSchema,
    startMs: v.optional(v.number()),
    sessionId: v.string(),
    epoch: v.number(),
    claimedAt: TimeAttribute,
    visitor: v.optional(v.string()),
    requestId: v.optional(v.string()),
  }),
])

/** @throws Error with the field when the item is damaged. */
export function slotFromItem(item: unknown): Slot {
  const { pool, since, ...parsed } = parseItem(SlotItem, item, 'Pool')
  const former = pool === slotKey(parsed).pool ? {} : { former: true as const }
  const base = { ...parsed, ...former, sinceMs: since }
  switch (base.state) {
    case 'STARTING':
      return withoutUndefined(base)
    case 'WARM': {
      const { checkedAt, reachedAt, ...warm } = base
      return withoutUndefined({ ...warm, checkedAtMs: checkedAt, reachedAtMs: reachedAt })
    }
    case 'EMPTY': {
      const { claimedAt, ...empty } = base
      return withoutUndefined({ ...empty, claimedAtMs: claimedAt })
    }
    case 'CLAIMED': {
      const { claimedAt, ...claimed } = base
      return withoutUndefined({ ...claimed, claimedAtMs: claimedAt })
    }
    default:
      return base satisfies never
  }
}

/** The attributes of a slot's item, without its key. */
export function slotAttributes({
  former: _place,
  slot: _number,
  sinceMs,
  ...rest
}: Slot): Record<string, unknown> {
  const item = { ...rest, since: timeToItem(sinceMs) }
  switch (item.state) {
    case 'STARTING':
      return item
    case 'WARM': {
      const { checkedAtMs, reachedAtMs, ...warm } = item
      const reached = reachedAtMs === undefined ? {} : { reachedAt: timeToItem(reachedAtMs) }
      return { ...warm, checkedAt: timeToItem(checkedAtMs), ...reached }
    }
    case 'EMPTY':
    case 'CLAIMED': {
      const { claimedAtMs, ...claimed } = item
      return { ...claimed, claimedAt: timeToItem(claimedAtMs) }
    }
    default:
      return item satisfies never
  }
}
