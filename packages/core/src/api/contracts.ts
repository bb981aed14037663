/**
 * The HTTP contracts: each schema is the type, the validation and its part of the OpenAPI document.
 * Times are ISO 8601 UTC, durations end in `Ms`, ids are opaque.
 */
import * as v from 'valibot'

const Time = v.pipe(v.string(), v.isoTimestamp(), v.description('ISO 8601, UTC'))
const Count = v.pipe(v.number(), v.integer(), v.minValue(0))
const Ms = v.pipe(v.number(), v.minValue(0), v.description('milliseconds'))
/** The largest epoch a token can carry; a session never comes near it. */
export const EPOCH_MAX = 999_999_999

export const EpochSchema = v.pipe(
  v.number(),
  v.integer('Expected a whole number'),
  v.minValue(1, `Expected 1 to ${EPOCH_MAX}`),
  v.maxValue(EPOCH_MAX, `Expected 1 to ${EPOCH_MAX}`),
  v.description('1 for the first pod of a session, one more for each that follows'),
)
export const HowToDieSchema = v.picklist(['polite', 'crash', 'freeze'])
export type HowToDie = v.InferOutput<typeof HowToDieSchema>
export const HowToRecoverSchema = v.picklist(['failover', 'heal'])
export type HowToRecover = v.InferOutput<typeof HowToRecoverSchema>

export const ClaimBodySchema = v.strictObject({})
export const RecoverBodySchema = v.strictObject({ epoch: EpochSchema, how: HowToRecoverSchema })
export type RecoverBody = v.InferOutput<typeof RecoverBodySchema>
/** An epoch where only text can be sent. */
const EpochText = v.pipe(
  v.string(),
  v.regex(/^[1-9]\d{0,8}$/, `Expected 1 to ${EPOCH_MAX}`),
  v.description('The pod that is meant; by default the one that is held now'),
)
export const KillQuerySchema = v.strictObject({
  how: v.optional(HowToDieSchema, 'polite'),
  epoch: v.optional(EpochText),
})
const LegMs = v.pipe(Ms, v.maxValue(3_600_000))
/** What the page saw, for the audit: it alone can time a first pong. */
export const ConnectedBodySchema = v.strictObject({
  epoch: EpochSchema,
  connectMs: v.pipe(LegMs, v.description('address known to socket open')),
  firstPongMs: v.pipe(LegMs, v.description('asked for the pod (or killed it) to first pong')),
})
export type ConnectedBody = v.InferOutput<typeof ConnectedBodySchema>

export const SourceSchema = v.picklist(['warm', 'cold', 'rescued'])
export type Source = v.InferOutput<typeof SourceSchema>
export const OutcomeSchema = v.picklist(['warm', 'contention', 'empty', 'capacity'])
export type Outcome = v.InferOutput<typeof OutcomeSchema>
export const StepNameSchema = v.picklist(['created', 'scheduled', 'network', 'started', 'ready'])
export type StepName = v.InferOutput<typeof StepNameSchema>
export const EndReasonSchema = v.picklist(['released', 'lease', 'lifetime', 'idle', 'unused', 'failed'])
export type EndReason = v.InferOutput<typeof EndReasonSchema>

export const PodSchema = v.object({
  name: v.string(),
  uid: v.string(),
  alias: v.pipe(v.string(), v.description('a friendly name derived from the uid')),
  ip: v.string(),
  node: v.string(),
  zone: v.string(),
  startedAt: Time,
})
export type Pod = v.InferOutput<typeof PodSchema>

export const ProgressSchema = v.array(
  v.object({ step: StepNameSchema, at: v.nullable(Time), problem: v.optional(v.string()) }),
)
export type Progress = v.InferOutput<typeof ProgressSchema>

export const ReceiptSchema = v.object({
  outcome: v.pipe(
    OutcomeSchema,
    v.description('how the last claim of this session found its pod; a heal claims none'),
  ),
  stages: v.pipe(
    v.array(v.object({ name: v.string(), ms: Ms })),
    v.description('one monotonic clock; the stages follow each other'),
  ),
  candidates: v.pipe(Count, v.description('warm slots seen by the last read of the pool')),
  tries: Count,
  conflicts: v.pipe(Count, v.description('races lost to other visitors')),
})
export type Receipt = v.InferOutput<typeof ReceiptSchema>

export const HealSchema = v.object({
  epoch: EpochSchema,
  how: HowToDieSchema,
  healMs: v.pipe(Ms, v.description('≈: pod died to replacement Ready, whole seconds of the cluster’s clock')),
  progress: v.optional(
    v.pipe(ProgressSchema, v.description('the replacement’s own steps; what lies before them is back-off')),
  ),
})
export type Heal = v.InferOutput<typeof HealSchema>

export const SessionSchema = v.object({
  id: v.string(),
  state: v.picklist(['starting', 'live', 'recovering', 'ended']),
  epoch: EpochSchema,
  source: SourceSchema,
  pod: v.optional(PodSchema),
  socket: v.optional(
    v.object({
      url: v.pipe(v.string(), v.description('absolute, or a path on the origin of this API')),
      protocols: v.array(v.string()),
    }),
  ),
  progress: v.optional(ProgressSchema),
  leaseEndsAt: Time,
  endsAt: Time,
  endReason: v.optional(EndReasonSchema),
  receipt: ReceiptSchema,
  heals: v.pipe(
    v.array(HealSchema),
    v.description('Jobs of this session that Kubernetes healed after a kill'),
  ),
})
export type Session = v.InferOutput<typeof SessionSchema>

export const SlotStateSchema = v.picklist(['empty', 'starting', 'warm', 'claimed'])
export const PoolSlotSchema = v.object({
  slot: Count,
  gen: Count,
  state: SlotStateSchema,
  since: Time,
  alias: v.optional(v.string()),
  pod: v.optional(PodSchema),
  progress: v.optional(ProgressSchema),
  startMs: v.optional(v.pipe(Ms, v.description('Job asked for to pod Ready, as refill saw it'))),
  problem: v.optional(v.string()),
})
export type PoolSlot = v.InferOutput<typeof PoolSlotSchema>

const Spread = v.object({ n: Count, p50Ms: v.nullable(Ms), p95Ms: v.nullable(Ms) })
export type Spread = v.InferOutput<typeof Spread>

export const PoolSchema = v.object({
  target: Count,
  cap: Count,
  live: v.pipe(Count, v.description('sessions that hold a pod or wait for one')),
  slots: v.array(PoolSlotSchema),
  refill: v.object({
    lastRunAt: v.nullable(Time),
    healthy: v.boolean(),
    problem: v.optional(v.string()),
    pausedUntil: v.optional(Time),
  }),
  forecast: v.pipe(
    v.object({
      arrivalsPerMinute: v.number(),
      startMs: v.nullable(Ms),
      warmShare: v.nullable(v.number()),
      warmShareWithOneMore: v.nullable(v.number()),
      // Absent in the answers of an API that was deployed before the page.
      hour: v.optional(v.object({ warm: Count, cold: Count, failovers: Count, starts: Count })),
    }),
    v.description(
      'Erlang-B over the last hour: null until something was measured. Arrivals are visitors and fail-overs, as each takes a slot; startMs is the mean, which is all of the distribution that the formula depends on',
    ),
  ),
  last24h: v.object({
    warm: Count,
    cold: Count,
    refused: Count,
    kills: Count,
    start: Spread,
    heal: Spread,
    failover: v.optional(v.pipe(Spread, v.description('kill to first pong, as the browsers report it'))),
  }),
  cluster: v.object({
    name: v.string(),
    region: v.string(),
    version: v.nullable(v.string()),
    namespace: v.optional(v.string()),
    apiRegion: v.optional(v.pipe(v.string(), v.description('where the functions run that answer'))),
    image: v.optional(v.pipe(v.string(), v.description('what pods are made from, without the registry'))),
  }),
})
export type Pool = v.InferOutput<typeof PoolSchema>

export const ErrorSchema = v.object({
  error: v.object({
    code: v.string(),
    message: v.string(),
    requestId: v.string(),
    retryAfterMs: v.optional(Ms),
    field: v.optional(v.string()),
    expected: v.optional(v.string()),
    received: v.optional(v.string()),
  }),
})
export type ErrorBody = v.InferOutput<typeof ErrorSchema>

export const HealthSchema = v.object({
  ok: v.boolean(),
  dependencies: v.array(
    v.object({ name: v.string(), ok: v.boolean(), latencyMs: Ms, problem: v.optional(v.string()) }),
  ),
})
export type Health = v.InferOutput<typeof HealthSchema>
