/**
 * Every limit and timeout of Warm Pods, in one table. A stage may override single values, but not break the constraints
 * between them: {@link violatedConstraints} returns each broken one. Durations are in milliseconds.
 */
export interface Limits {
  /** Warm slots to keep ready; with {@link targetMax}, the fewest. */
  readonly target: number
  /** The most warm slots that the forecast may ask for. Not above {@link target}: the pool has a fixed size. */
  readonly targetMax: number
  /** The share of visitors, in percent, that a pool of a variable size shall serve warm. */
  readonly warmShareGoal: number
  /** A pool that was not needed in full for this long falls by a twentieth of its slots, and at least by one slot. */
  readonly targetFallMs: number
  /** All Jobs: warm, claimed and healing. The namespace's ResourceQuota `count/jobs.batch` has the same value. */
  readonly cap: number

  /** How long a session lasts unless it is extended. */
  readonly leaseMs: number
  /** The longest time that a visitor may keep one session. */
  readonly lifetimeMs: number
  /** The page gives its pod back after it was hidden for this long. */
  readonly hiddenMs: number
  /** The pod ends itself after it had no socket for this long. An unused session ends after the same time. */
  readonly socketIdleMs: number

  /** Refill gives up a Job that is not Ready within this time. */
  readonly startBudgetMs: number
  /** A Job that no row names is deleted only when it is older than this. */
  readonly orphanGraceMs: number
  /** Refill completes the claim of a slot that was CLAIMED for longer than this without a session row. */
  readonly claimGraceMs: number
  /** Refill creates the missing Job of a slot that was STARTING for longer than this: its first invocation crashed. */
  readonly createGraceMs: number
  /** Refill replaces warm pods older than this, a few at a time. */
  readonly warmAgeMs: number
  /** A claim ignores a WARM slot that refill has not confirmed for this long. */
  readonly warmStaleMs: number
  /** A pass of refill confirms a WARM slot again when its last confirmation is at least this old. */
  readonly warmCheckMs: number
  /** A pass of refill makes a handshake with the pod of a WARM slot when its last handshake is at least this old. */
  readonly pathCheckMs: number
  /** A pod of a WARM slot is replaced when all handshakes with it have failed for this long. */
  readonly unreachedMs: number
  /** A WARM slot counts as confirmed for this long. A claim asks Kubernetes about an older one before it takes it. */
  readonly confirmedMs: number
  /** `GET /pool` triggers refill when its last look at Kubernetes is older than this. All readers together cause one trigger. */
  readonly confirmAfterMs: number
  /** The same after a look at Kubernetes that failed. */
  readonly confirmRetryMs: number
  /** A killed Job may take this long to heal. Then refill stops timing it and deletes it. */
  readonly healBudgetMs: number
  /**
   * Grace after a pod was lost or killed. After it, a session that heals goes back to its lost pod if nothing killed that pod
   * and it is still Ready. If its Job is gone, the session gets a new one. Refill deletes a pod that still runs this long after
   * its crash was recorded. A Job that a fail-over left is kept this long for a late kill.
   */
  readonly lostGraceMs: number
  /** `activeDeadlineSeconds` of every Job, in ms. It ends Jobs even when refill no longer runs. */
  readonly jobDeadlineMs: number
  /** `ttlSecondsAfterFinished` of every Job, in ms. */
  readonly jobTtlMs: number

  /** Rounds of candidates a claim tries before it answers `contention`. */
  readonly claimRounds: number
  /** One refill invocation reconciles for at most this long. */
  readonly refillRunMs: number
  /** Refill's lease expires this long after its last renewal. */
  readonly refillLeaseMs: number
  /** Period of the schedule that invokes refill. */
  readonly refillEveryMs: number
  /** First back-off after a failed pass. It doubles up to {@link refillBackOffMaxMs}. */
  readonly refillBackOffMs: number
  readonly refillBackOffMaxMs: number
  /**
   * Refill creates the next Job of a claimed slot this long after the last claim, so that the visitor connects first. Each further
   * claim extends the wait, up to {@link replenishDelayMaxMs}.
   */
  readonly replenishDelayMs: number
  /** The longest of these waits, counted from the slot's own claim. */
  readonly replenishDelayMaxMs: number
  /** Jobs that one process creates or deletes at the same time. More would queue at the API server, ahead of a visitor's calls. */
  readonly jobChangesAtOnce: number
  /** Jobs that one process creates or deletes in a second, sustained, and the burst above that. */
  readonly jobChangesPerSecond: number
  readonly jobChangesBurst: number
  /**
   * Refill creates no further Job for a slot while so many of its Jobs have no pod yet. Kubernetes' Job controller is behind then, and a
   * visitor's own Job would wait behind refill's (ADR 41).
   */
  readonly jobsWithoutPod: number
  /** A call that the API server answers with 429 is repeated for at most this long. */
  readonly throttledMs: number

  /** Sliding window of the rate limits per address. */
  readonly rateWindowMs: number
  readonly claimsPerAddress: number
  readonly recoveriesPerAddress: number
  readonly liveSessionsPerAddress: number
  /** Shortest time between two kills of one session. */
  readonly killCooldownMs: number
  /** Largest request body that the API reads, in bytes. */
  readonly bodyBytes: number

  /** The page pings this often. */
  readonly pingMs: number
  /** A ping misses its deadline after this long. The page widens the deadline to 4 × p95. */
  readonly pingDeadlineMs: number
  /** After this many missed deadlines in a row the page treats the pod as dead. */
  readonly deadAfterPings: number
  /** The page waits this long for a socket to open. */
  readonly openDeadlineMs: number
  /** The pod pings its peer this often, and closes a socket that has not answered by the next ping. */
  readonly heartbeatMs: number
  /** Largest frame that the pod reads, in bytes. */
  readonly frameBytes: number
  /** Messages per second that the pod accepts from one socket, sustained, and the burst above that. */
  readonly messagesPerSecond: number
  readonly messageBurst: number
  /** Sockets that one pod accepts at once, with valid tokens or without. */
  readonly podConnections: number
  /** Grace period of a polite delete, and of the delete of a frozen pod. */
  readonly graceMs: number
  readonly frozenGraceMs: number
  /** DynamoDB expires audit rows and ended sessions after this long. */
  readonly auditTtlMs: number
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** The default values. */
export const LIMITS: Limits = {
  target: 4,
  targetMax: 4,
  warmShareGoal: 98,
  targetFallMs: 2 * MINUTE,
  cap: 16,

  leaseMs: 5 * MINUTE,
  lifetimeMs: 30 * MINUTE,
  hiddenMs: 2 * MINUTE,
  socketIdleMs: 1 * MINUTE,

  startBudgetMs: 60 * SECOND,
  orphanGraceMs: 90 * SECOND,
  claimGraceMs: 3 * SECOND,
  createGraceMs: 3 * SECOND,
  warmAgeMs: 6 * HOUR,
  warmStaleMs: 3 * MINUTE,
  warmCheckMs: 5 * SECOND,
  pathCheckMs: 30 * SECOND,
  unreachedMs: 3 * SECOND,
  confirmedMs: 75 * SECOND,
  confirmAfterMs: 5 * SECOND,
  confirmRetryMs: 30 * SECOND,
  healBudgetMs: 45 * SECOND,
  lostGraceMs: 6 * SECOND,
  jobDeadlineMs: 7 * HOUR,
  jobTtlMs: 3 * MINUTE,

  claimRounds: 3,
  refillRunMs: 45 * SECOND,
  refillLeaseMs: 5 * SECOND,
  refillEveryMs: 1 * MINUTE,
  refillBackOffMs: 2 * SECOND,
  refillBackOffMaxMs: 1 * MINUTE,
  replenishDelayMs: 300,
  replenishDelayMaxMs: 1 * SECOND,
  jobChangesAtOnce: 4,
  jobChangesPerSecond: 20,
  jobChangesBurst: 30,
  jobsWithoutPod: 40,
  throttledMs: 6 * SECOND,

  rateWindowMs: 10 * MINUTE,
  claimsPerAddress: 20,
  recoveriesPerAddress: 40,
  liveSessionsPerAddress: 3,
  killCooldownMs: 2 * SECOND,
  bodyBytes: 4_096,

  pingMs: 250,
  pingDeadlineMs: 1 * SECOND,
  deadAfterPings: 3,
  openDeadlineMs: 5 * SECOND,
  heartbeatMs: 5 * SECOND,
  frameBytes: 1_024,
  messagesPerSecond: 20,
  messageBurst: 40,
  podConnections: 8,
  graceMs: 5 * SECOND,
  frozenGraceMs: 1 * SECOND,
  auditTtlMs: 30 * DAY,
}

/** The constraints between the limits: a description and a check. */
const CONSTRAINTS: readonly (readonly [string, (limits: Limits) => boolean])[] = [
  [
    'the start budget ends before a Job can be an orphan',
    ({ startBudgetMs, orphanGraceMs }) => startBudgetMs < orphanGraceMs,
  ],
  ['three pings fit into one heartbeat', ({ pingMs, heartbeatMs }) => 3 * pingMs < heartbeatMs],
  [
    'the page calls a frozen pod dead before the pod could drop the page',
    ({ pingDeadlineMs, deadAfterPings, pingMs, heartbeatMs }) =>
      pingDeadlineMs + deadAfterPings * pingMs < heartbeatMs,
  ],
  [
    'a Job outlives the oldest warm pod, a whole session and the start',
    ({ jobDeadlineMs, warmAgeMs, lifetimeMs, startBudgetMs }) =>
      jobDeadlineMs >= warmAgeMs + lifetimeMs + startBudgetMs,
  ],
  [
    'a finished Job still exists at the next scheduled trigger, even if one is missed',
    ({ jobTtlMs, refillEveryMs }) => jobTtlMs > 2 * refillEveryMs,
  ],
  ['the lease is no longer than the lifetime', ({ leaseMs, lifetimeMs }) => leaseMs <= lifetimeMs],
  [
    'a lost socket ends the session before its lease does',
    ({ socketIdleMs, leaseMs }) => socketIdleMs < leaseMs,
  ],
  ['a hidden page gives its pod back before the lease ends', ({ hiddenMs, leaseMs }) => hiddenMs < leaseMs],
  [
    'warm slots are confirmed before they go stale, even if a scheduled trigger is missed',
    ({ warmCheckMs, refillEveryMs, warmStaleMs }) => warmCheckMs + 2 * refillEveryMs < warmStaleMs,
  ],
  [
    'the schedule confirms a warm slot before it counts as unconfirmed',
    ({ warmCheckMs, refillEveryMs, confirmedMs }) => warmCheckMs + refillEveryMs < confirmedMs,
  ],
  [
    'the schedule checks the way to each warm pod',
    ({ pathCheckMs, refillEveryMs }) => pathCheckMs < refillEveryMs,
  ],
  [
    'one refill invocation finds out that a warm pod is not reached',
    ({ unreachedMs, refillRunMs }) => 3 * unreachedMs < refillRunMs,
  ],
  [
    'a warm slot counts as unconfirmed before it goes stale',
    ({ confirmedMs, warmStaleMs }) => confirmedMs < warmStaleMs,
  ],
  [
    'a look at the pool that a reader causes confirms every warm slot',
    ({ warmCheckMs, confirmAfterMs }) => warmCheckMs <= confirmAfterMs,
  ],
  [
    'readers cause fewer looks at a cluster that does not answer',
    ({ confirmAfterMs, confirmRetryMs }) => confirmAfterMs <= confirmRetryMs,
  ],
  [
    'a half-done claim is completed within one refill invocation',
    ({ claimGraceMs, refillRunMs }) => claimGraceMs < refillRunMs,
  ],
  [
    'a reserved slot gets its missing Job within one refill invocation and within the start budget',
    ({ createGraceMs, refillRunMs, startBudgetMs }) =>
      createGraceMs < refillRunMs && createGraceMs < startBudgetMs,
  ],
  [
    'a refill invocation ends before the next scheduled trigger',
    ({ refillRunMs, refillEveryMs }) => refillRunMs < refillEveryMs,
  ],
  [
    'the refill lease is shorter than an invocation',
    ({ refillLeaseMs, refillRunMs }) => refillLeaseMs < refillRunMs,
  ],
  [
    'the heal budget covers the controller’s 10 s back-off and a start',
    ({ healBudgetMs }) => healBudgetMs >= 25 * SECOND,
  ],
  [
    'a frozen pod gets less grace than a polite delete',
    ({ frozenGraceMs, graceMs }) => frozenGraceMs < graceMs,
  ],
  [
    'the pod accepts at least twice the messages that the page sends',
    ({ messagesPerSecond, pingMs }) => messagesPerSecond * pingMs >= 2 * SECOND,
  ],
  [
    'a polite delete is over before a session can go back to its pod',
    ({ graceMs, lostGraceMs }) => graceMs < lostGraceMs,
  ],
  [
    'the cap holds the pool and at least one visitor',
    ({ cap, target, targetMax }) => cap > target && cap > targetMax,
  ],
  ['no pool serves every visitor warm', ({ warmShareGoal }) => warmShareGoal > 0 && warmShareGoal < 100],
  [
    'the wait after a claim is bounded, and shorter than refill’s lease',
    ({ replenishDelayMs, replenishDelayMaxMs, refillLeaseMs }) =>
      replenishDelayMs <= replenishDelayMaxMs && replenishDelayMaxMs < refillLeaseMs,
  ],
  [
    'the API server gets Jobs, one at a time or more',
    ({ jobChangesAtOnce, jobChangesBurst, jobChangesPerSecond, jobsWithoutPod }) =>
      Math.min(jobChangesAtOnce, jobChangesBurst, jobChangesPerSecond, jobsWithoutPod) >= 1,
  ],
  [
    'a call that the API server throttles ends before a start does',
    ({ startBudgetMs, throttledMs }) => throttledMs < startBudgetMs,
  ],
  ['back-off grows', ({ refillBackOffMs, refillBackOffMaxMs }) => refillBackOffMs <= refillBackOffMaxMs],
]

/** Descriptions of the constraints that these limits break; empty when there is none. */
export function violatedConstraints(limits: Limits): string[] {
  return CONSTRAINTS.filter(([, holds]) => !holds(limits)).map(([description]) => description)
}

/**
 * The default limits with a stage's own values.
 * @throws RangeError with every constraint that the result would break.
 */
export function limitsWith(overrides: Partial<Limits>): Limits {
  const limits = { ...LIMITS, ...overrides }
  const broken = violatedConstraints(limits)
  if (broken.length > 0)
    throw new RangeError(`These limits break constraints. Expected that ${broken.join('; and that ')}.`)
  return limits
}
