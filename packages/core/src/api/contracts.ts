/**
 * The HTTP contracts. Each schema is the type, the validation and its part of the OpenAPI document.
 * Times are ISO 8601 UTC, durations end in `Ms`, ids are opaque.
 */

import * as v from 'valibot'
import { SIZE_REASONS } from '../state/sizing.ts'

const Time = v.pipe(v.string(), v.isoTimestamp(), v.description('ISO 8601, UTC'))
const Count = v.pipe(v.number(), v.integer(), v.minValue(0))
const Ms = v.pipe(v.number(), v.minValue(0), v.description('milliseconds'))
/** The largest epoch that a token can carry. No session comes near it. */
export const EPOCH_MAX = 999_999_999

export const EpochSchema = v.pipe(
  v.number(),
  v.integer('Expected a whole number'),
  v.minValue(1, `Expected 1 to ${EPOCH_MAX}`),
  v.maxValue(EPOCH_MAX, `Expected 1 to ${EPOCH_MAX}`),
  v.description('1 for the first pod of a session, one more for each that follows'),
)
/** How `DELETE /session/{id}/pod` ends the pod: `polite` is SIGTERM, `freeze` stops its event loop. */
export const HowToDieSchema = v.picklist(['polite', 'crash', 'freeze'])
export type HowToDie = v.InferOutput<typeof HowToDieSchema>
/** How `POST /session/{id}/recover` replaces the pod: by a warm one, or by the Job's own retry. */
export const HowToRecoverSchema = v.picklist(['failover', 'heal'])
export type HowToRecover = v.InferOutput<typeof HowToRecoverSchema>

/** Body of `POST /session` and `POST /session/{id}/extend`. */
export const ClaimBodySchema = v.strictObject({})
/** Body of `POST /session/{id}/recover`. */
export const RecoverBodySchema = v.strictObject({ epoch: EpochSchema, how: HowToRecoverSchema })
export type RecoverBody = v.InferOutput<typeof RecoverBodySchema>
/** An epoch in a query, where every value is text. */
const EpochText = v.pipe(
  v.string(),
  v.regex(/^[1-9]\d{0,8}$/, `Expected 1 to ${EPOCH_MAX}`),
  v.description('The epoch of the pod to kill; by default the current one'),
  v.transform(Number),
)
/** Query of `DELETE /session/{id}/pod`. */
export const KillQuerySchema = v.strictObject({
  how: v.optional(HowToDieSchema, 'polite'),
  epoch: v.optional(EpochText),
})
const LegMs = v.pipe(Ms, v.maxValue(3_600_000))
/** Body of `POST /session/{id}/connected`, for the audit. Only the page can time a first pong. */
export const ConnectedBodySchema = v.strictObject({
  epoch: EpochSchema,
  connectMs: v.pipe(LegMs, v.description('from the pod’s address known to the socket open')),
  firstPongMs: v.pipe(
    LegMs,
    v.description(
      'from the request for the pod, or its kill, to the first pong; 0 if not measured, as after a reload',
    ),
  ),
})
export type ConnectedBody = v.InferOutput<typeof ConnectedBodySchema>

/**
 * The origin of the session's pod. `warm`: its claim took a warm slot. `cold`: its claim or a fail-over created a Job for it.
 * `rescued`: a fail-over took a warm slot. A heal keeps the source.
 */
export const SourceSchema = v.picklist(['warm', 'cold', 'rescued'])
export type Source = v.InferOutput<typeof SourceSchema>
/** Result of the last claim of a session. */
export const OutcomeSchema = v.picklist(['warm', 'contention', 'empty', 'capacity'])
export type Outcome = v.InferOutput<typeof OutcomeSchema>
/**
 * The steps of a pod start that Kubernetes reports, in their order. No step may be added: pages and functions of earlier releases
 * fail on a name that they do not know.
 */
export const StepNameSchema = v.picklist(['created', 'scheduled', 'network', 'started', 'ready'])
export type StepName = v.InferOutput<typeof StepNameSchema>
export const EndReasonSchema = v.picklist(['released', 'lease', 'lifetime', 'idle', 'unused', 'failed'])
export type EndReason = v.InferOutput<typeof EndReasonSchema>

/** A pod, in answers about a session and about the pool. */
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

/** The steps of a pod start so far. `at` is null until the step is done; times have whole seconds. */
export const ProgressSchema = v.array(
  v.object({ step: StepNameSchema, at: v.nullable(Time), problem: v.optional(v.string()) }),
)
export type Progress = v.InferOutput<typeof ProgressSchema>

/**
 * The step after those of {@link ProgressSchema}: a handshake through the gateway reached the pod. `at` is null until then, and is
 * by the clock of the process that made the handshake.
 */
export const RoutedSchema = v.object({ at: v.nullable(Time), problem: v.optional(v.string()) })
export type Routed = v.InferOutput<typeof RoutedSchema>
const OptionalRouted = v.optional(
  v.pipe(
    RoutedSchema,
    v.description(
      'the last step of a start: the gateway reached the pod; absent where no gateway is checked',
    ),
  ),
)

/** The claim receipt: how the last claim went and how long each of its parts took. */
export const ReceiptSchema = v.object({
  outcome: v.pipe(
    OutcomeSchema,
    v.description('how the last claim of this session found its pod; a heal does not claim'),
  ),
  stages: v.pipe(
    v.array(v.object({ name: v.string(), ms: Ms })),
    v.description(
      'consecutive parts of the claim, by one monotonic clock; the receipt is stored before `record` is timed, so later answers end with the part before it',
    ),
  ),
  candidates: v.pipe(Count, v.description('warm slots seen by the last read of the pool')),
  tries: Count,
  conflicts: v.pipe(Count, v.description('races lost to other visitors')),
})
export type Receipt = v.InferOutput<typeof ReceiptSchema>

/** The end of a pod's container, as Kubernetes reports it. */
export const ExitSchema = v.object({
  code: v.pipe(v.number(), v.integer()),
  reason: v.optional(
    v.pipe(v.string(), v.description('Kubernetes’ word for it, such as Error or OOMKilled')),
  ),
})
export type Exit = v.InferOutput<typeof ExitSchema>

/** One pod that the Job controller replaced after a kill. */
export const HealSchema = v.object({
  epoch: EpochSchema,
  how: HowToDieSchema,
  healMs: v.pipe(
    Ms,
    v.description('from the pod’s death to its replacement Ready, in whole seconds of the cluster’s clock'),
  ),
  progress: v.optional(
    v.pipe(ProgressSchema, v.description('the replacement’s own steps; the time before them is back-off')),
  ),
  exit: v.optional(
    v.pipe(
      ExitSchema,
      v.description(
        'of the killed pod; absent when Kubernetes had removed the pod before refill saw its end',
      ),
    ),
  ),
})
export type Heal = v.InferOutput<typeof HealSchema>

/** How a client gets the address of the socket; `socketUrl` of the page's client and docs/client.mjs do it. */
const SOCKET_URL =
  'An absolute ws or wss URL, or a reference that begins with a slash. Resolve it against the URL of this API (RFC 3986 section 5), then replace http by ws and https by wss. Connect to no other address: the pod’s IP address is not reachable from outside.'

/** Answer of the `/session` operations that have a body. */
export const SessionSchema = v.object({
  id: v.string(),
  state: v.picklist(['starting', 'live', 'recovering', 'ended']),
  epoch: EpochSchema,
  source: SourceSchema,
  requestId: v.optional(
    v.pipe(
      v.string(),
      v.description(
        'the request that gave the session its present Job; the log, the Job and the pod’s log have it too',
      ),
    ),
  ),
  pod: v.optional(PodSchema),
  socket: v.optional(
    v.object({
      url: v.pipe(v.string(), v.description(SOCKET_URL)),
      protocols: v.pipe(
        v.array(v.string()),
        v.description(
          'the subprotocols to offer, in this order: the protocol, the token, and the request for the pod’s log',
        ),
      ),
    }),
  ),
  progress: v.optional(ProgressSchema),
  routed: OptionalRouted,
  leaseEndsAt: Time,
  leaseLeftMs: v.optional(
    v.pipe(
      Ms,
      v.description('until leaseEndsAt, when the API answered, so that the caller needs no right clock'),
    ),
  ),
  endsAt: Time,
  endReason: v.optional(EndReasonSchema),
  receipt: ReceiptSchema,
  heals: v.pipe(
    v.array(HealSchema),
    v.description('pods of this session that Kubernetes replaced after a kill'),
  ),
})
export type Session = v.InferOutput<typeof SessionSchema>

/**
 * Result of a WebSocket handshake with a pod through the gateway. `answers`: the gateway forwarded it and the pod answered.
 * `no_answer`: the gateway works, and the pod behind it did not answer. `gateway_down`: the gateway itself did not answer.
 */
export const PodReachSchema = v.picklist(['answers', 'no_answer', 'gateway_down'])
export type PodReach = v.InferOutput<typeof PodReachSchema>
/** Answer of `GET /session/{id}/pod`. */
export const ReachSchema = v.object({
  epoch: v.pipe(EpochSchema, v.description('the epoch of the pod that was checked')),
  reach: v.pipe(
    PodReachSchema,
    v.description(
      'answers: gateway and pod answered a WebSocket handshake. no_answer: the gateway did not get an answer from the pod. gateway_down: the gateway itself did not answer',
    ),
  ),
  checkedAt: v.pipe(
    Time,
    v.description('when the handshake ended; answers of the same second may share one'),
  ),
})
export type Reach = v.InferOutput<typeof ReachSchema>

/**
 * State of a slot in `GET /pool`. `unconfirmed`: the row has a pod, and refill has not seen it Ready for too long, or not since a
 * page lost another pod. A claim asks Kubernetes before it takes an unconfirmed slot.
 */
export const SlotStateSchema = v.picklist(['empty', 'starting', 'warm', 'unconfirmed', 'claimed'])

/** When a fact was last confirmed. The API sends the age too, because the caller's clock may be wrong. */
const confirmation = {
  confirmedAgoMs: v.optional(v.pipe(Ms, v.description('age of `confirmedAt` by the clock of the API'))),
}

/** A slot in `GET /pool`. A claimed slot shows neither its pod nor its session. */
export const PoolSlotSchema = v.object({
  slot: Count,
  gen: Count,
  state: SlotStateSchema,
  since: Time,
  confirmedAt: v.optional(
    v.pipe(Time, v.description('when refill last saw the pod of a warm or unconfirmed slot Ready')),
  ),
  ...confirmation,
  reachedAt: v.optional(
    v.pipe(
      Time,
      v.description(
        'when the gateway last reached the pod of a warm or unconfirmed slot, in a handshake of refill',
      ),
    ),
  ),
  reachedAgoMs: v.optional(v.pipe(Ms, v.description('age of `reachedAt` by the clock of the API'))),
  alias: v.optional(v.string()),
  pod: v.optional(PodSchema),
  progress: v.optional(ProgressSchema),
  routed: OptionalRouted,
  startMs: v.optional(
    v.pipe(
      Ms,
      v.description(
        'from the request for the Job to the pod Ready and reached by the gateway, measured by refill',
      ),
    ),
  ),
  routedMs: v.optional(
    v.pipe(Ms, v.description('the last part of startMs: from the pod Ready to the gateway reaching it')),
  ),
  problem: v.optional(v.string()),
})
export type PoolSlot = v.InferOutput<typeof PoolSlotSchema>

/** Number of measurements and their percentiles; null until there is one. */
const Spread = v.object({ n: Count, p50Ms: v.nullable(Ms), p95Ms: v.nullable(Ms) })
export type Spread = v.InferOutput<typeof Spread>

/** Answer of `GET /pool`. */
export const PoolSchema = v.object({
  target: v.pipe(Count, v.description('slots that refill keeps filled')),
  sizing: v.optional(
    v.pipe(
      v.object({
        floor: v.pipe(Count, v.description('the fewest slots')),
        max: v.pipe(Count, v.description('the most slots')),
        warmShareGoal: v.pipe(v.number(), v.description('share of visitors to be served warm, 0 to 1')),
        arrivalsPerMinute: v.pipe(
          v.number(),
          v.description('in the busiest of the windows that refill compares'),
        ),
        startMs: v.nullable(Ms),
        reason: v.pipe(v.string(), v.description(`${SIZE_REASONS.join(', ')}; later versions may have more`)),
        neededAt: v.pipe(
          Time,
          v.description('when the forecast last asked for `target` slots, or `target` changed'),
        ),
        explanation: v.pipe(v.string(), v.description('one sentence for people')),
      }),
      v.description('only in a pool whose size follows its arrivals'),
    ),
  ),
  cap: Count,
  live: v.pipe(Count, v.description('sessions that hold a pod or wait for one')),
  slots: v.array(PoolSlotSchema),
  refill: v.object({
    lastRunAt: v.pipe(v.nullable(Time), v.description('last pass of refill, also a failed one')),
    lastRunAgoMs: v.optional(v.pipe(Ms, v.description('age of `lastRunAt` by the clock of the API'))),
    confirmedAt: v.optional(
      v.pipe(
        v.nullable(Time),
        v.description('when refill last compared the slots with Kubernetes; null before the first time'),
      ),
    ),
    ...confirmation,
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
      observedMs: v.optional(
        v.pipe(
          Ms,
          v.description(
            'how long refill has watched the pool within the window; arrivalsPerMinute divides by it, and by at least a minute',
          ),
        ),
      ),
      // Optional, because an API that was deployed before the page does not send it.
      hour: v.optional(v.object({ warm: Count, cold: Count, failovers: Count, starts: Count })),
    }),
    v.description(
      'Erlang-B over the last 50 to 60 minutes; null until there is a measurement. Arrivals are claims and fail-overs, as each takes a slot. startMs is the mean: the formula depends on nothing else of the distribution',
    ),
  ),
  last24h: v.object({
    warm: Count,
    cold: Count,
    refused: Count,
    kills: Count,
    start: Spread,
    heal: Spread,
    failover: v.optional(
      v.pipe(Spread, v.description('from the kill to the first pong, as browsers report it')),
    ),
  }),
  cluster: v.object({
    name: v.string(),
    region: v.string(),
    version: v.nullable(v.string()),
    state: v.optional(
      v.pipe(v.string(), v.description('status of the EKS cluster, such as UPDATING, when it is not ACTIVE')),
    ),
    namespace: v.optional(v.string()),
    apiRegion: v.optional(v.pipe(v.string(), v.description('AWS region of the API'))),
    image: v.optional(v.pipe(v.string(), v.description('the pods’ image, without its registry'))),
  }),
})
export type Pool = v.InferOutput<typeof PoolSchema>

/** Body of every error. */
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

/** Answer of `GET /health`: 200 when every dependency is ok, else 503. */
export const HealthSchema = v.object({
  ok: v.boolean(),
  dependencies: v.array(
    v.object({
      name: v.string(),
      ok: v.boolean(),
      latencyMs: Ms,
      problem: v.optional(v.string()),
      confirmedAt: v.optional(
        v.pipe(Time, v.description('of `refill`: when it last compared the slots with Kubernetes')),
      ),
      ...confirmation,
      state: v.optional(
        v.pipe(
          v.string(),
          v.description('status of the EKS cluster, such as CREATING, when it is not ACTIVE'),
        ),
      ),
    }),
  ),
})
export type Health = v.InferOutput<typeof HealthSchema>

/** Answer of `GET /openapi.json`. */
export const OpenApiSchema = v.looseObject({
  openapi: v.pipe(v.string(), v.description('version of OpenAPI')),
})

/** Answer of `GET /metrics`. */
export const MetricsSchema = v.pipe(v.string(), v.description('OpenMetrics text, version 1.0.0'))
