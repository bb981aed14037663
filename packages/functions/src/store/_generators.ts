/** Generators for fast-check: every field and every variant that a row can have. */
import {
  EndReasonSchema,
  HowToDieSchema,
  OutcomeSchema,
  SourceSchema,
  StepNameSchema,
} from '@warm-pods/core/api/contracts.ts'
import type { Kill } from '@warm-pods/core/state/kill-state.ts'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import type { Slot } from '@warm-pods/core/state/slot.ts'
import fc from 'fast-check'

/** Any time that ISO 8601 writes with a year of four digits, ms since 1970. */
const ms = fc.integer({ min: 1, max: Date.UTC(9_999, 11, 31) })
const isoTime = ms.map((at) => new Date(at).toISOString())
const text = fc.string()
const key = fc.string({ minLength: 1 })
const count = fc.nat()
const epoch = fc.integer({ min: 1, max: 999_999_999 })
const how = fc.constantFrom(...HowToDieSchema.options)
const pod = fc.record({
  name: text,
  uid: text,
  alias: text,
  ip: text,
  node: text,
  zone: text,
  startedAt: isoTime,
})
const routed = record({ at: fc.option(isoTime) }, { problem: text })
const progress = fc.array(
  record({ step: fc.constantFrom(...StepNameSchema.options), at: fc.option(isoTime) }, { problem: text }),
)

/** A record with required fields, and with optional fields that may be absent. */
function record<Required extends object, Optional extends object>(
  required: { [K in keyof Required]: fc.Arbitrary<Required[K]> },
  optional: { [K in keyof Optional]: fc.Arbitrary<Optional[K]> },
): fc.Arbitrary<Required & Partial<Optional>> {
  const requiredKeys = Object.keys(required) as never[] // The type of the result says which they are.
  return fc.record({ ...required, ...optional }, { requiredKeys }) as fc.Arbitrary<
    Required & Partial<Optional>
  >
}

const base = { slot: fc.nat({ max: 9_999 }), gen: count, sinceMs: ms }
const reserved = { ...base, job: text, key, spec: text }

export const slots: fc.Arbitrary<Slot> = fc.oneof(
  record({ ...base, state: fc.constant('EMPTY' as const) }, { claimedAtMs: ms }),
  record({ ...reserved, state: fc.constant('STARTING' as const) }, { progress, routed, problem: text }),
  record(
    { ...reserved, state: fc.constant('WARM' as const), pod, checkedAtMs: ms },
    { startMs: count, routedMs: count, reachedAtMs: ms },
  ),
  record(
    {
      ...reserved,
      state: fc.constant('CLAIMED' as const),
      pod,
      sessionId: text,
      epoch: count,
      claimedAtMs: ms,
    },
    { startMs: count, visitor: text },
  ),
)

const killBase = { epoch, how, atMs: ms }
export const kills: fc.Arbitrary<Kill> = fc.oneof(
  fc.record({ ...killBase, state: fc.constant('requested' as const) }),
  fc.record({ ...killBase, state: fc.constant('sent' as const), podUid: text }),
  record({ ...killBase, state: fc.constant('done' as const), podUid: text }, { diedAtMs: ms }),
)

export const sessions: fc.Arbitrary<SessionRow> = record(
  {
    sessionId: text,
    version: count,
    state: fc.constantFrom('starting' as const, 'live' as const, 'recovering' as const, 'ended' as const),
    epoch,
    source: fc.constantFrom(...SourceSchema.options),
    job: text,
    key,
    createdAtMs: ms,
    epochAtMs: ms,
    seenAtMs: ms,
    connectedEpoch: count,
    leaseEndsAtMs: ms,
    endsAtMs: ms,
    previousJobs: fc.array(
      record({ job: text, epoch }, { kill: kills, pod: fc.record({ name: text, uid: text }) }),
      { maxLength: 3 },
    ),
    heals: fc.array(record({ epoch, how, healMs: count }, { progress })),
    receipt: fc.record({
      outcome: fc.constantFrom(...OutcomeSchema.options),
      stages: fc.array(fc.record({ name: text, ms: count })),
      candidates: count,
      tries: count,
      conflicts: count,
    }),
    visitor: text,
    finalized: fc.boolean(),
  },
  {
    pod,
    kill: kills,
    connectedAtMs: ms,
    replacedAtMs: ms,
    lastKillAtMs: ms,
    previousPodUid: text,
    endReason: fc.constantFrom(...EndReasonSchema.options),
    endedAtMs: ms,
  },
)

/** An item as DynamoDB returns it: `undefined` is not stored. */
export function stored(item: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(item)) as Record<string, unknown>
}
