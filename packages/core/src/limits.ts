/**
 * Every limit and timeout of Warm Pods, in one table. Stages may override single values; the relations between
 * them may not be broken: {@link violatedConstraints} names each one that is.
 */
export interface Limits {
  /** Warm slots kept ready. */
  readonly target: number
  /** Jobs in all, warm, claimed and healing; the namespace's ResourceQuota `count/jobs.batch` says the same. */
  readonly cap: number

  /** How long a claim lasts unless it is extended. */
  readonly leaseMs: number
  /** The longest anyone may keep one session. */
  readonly lifetimeMs: number
  /** The page gives its pod back after being hidden this long. */
  readonly hiddenMs: number
  /** The pod ends itself after its session's socket has been gone this long; so does a claim nobody connects to. */
  readonly socketIdleMs: number

  /** A Job that is not Ready within this is given up. */
  readonly startBudgetMs: number
  /** A Job without a row is deleted only when it is older than this. */
  readonly orphanGraceMs: number
  /** A slot CLAIMED for longer than this without a session row is finished by refill. */
  readonly claimGraceMs: number
  /** A slot STARTING for longer than this without a Job gets it from refill: whoever reserved it has died in between. */
  readonly createGraceMs: number
  /** A warm pod older than this is rotated, one at a time. */
  readonly warmAgeMs: number
  /** A WARM row that nothing has confirmed for this long is not handed out. */
  readonly warmStaleMs: number
  /** Refill confirms a WARM row at least this often. */
  readonly warmCheckMs: number
  /** A killed Job may take this long to heal before we stop timing it and delete it. */
  readonly healBudgetMs: number
  /** A pod that is still Ready this long after its session said it was lost was not lost: the session goes back to it. */
  readonly lostGraceMs: number
  /** `activeDeadlineSeconds` of every Job, in ms: the backstop should our control plane die. */
  readonly jobDeadlineMs: number
  /** `ttlSecondsAfterFinished` of every Job, in ms. */
  readonly jobTtlMs: number

  /** Rounds of candidates a claim tries before it answers `contention`. */
  readonly claimRounds: number
  /** One refill run watches and repairs at most this long. */
  readonly refillRunMs: number
  /** A refill run that has not renewed its lease for this long is taken for dead. */
  readonly refillLeaseMs: number
  /** The schedule's period. */
  readonly refillEveryMs: number
  /** First pause after a failed refill; doubles up to {@link refillBackOffMaxMs}. */
  readonly refillBackOffMs: number
  readonly refillBackOffMaxMs: number

  /** Window of the per-address limits. */
  readonly rateWindowMs: number
  readonly claimsPerAddress: number
  readonly recoveriesPerAddress: number
  readonly liveSessionsPerAddress: number
  /** Between two kills of one session. */
  readonly killCooldownMs: number
  /** Largest request body the API reads. */
  readonly bodyBytes: number

  /** The page pings this often. */
  readonly pingMs: number
  /** A ping unanswered this long has missed its deadline (the page widens it to 4 x p95). */
  readonly pingDeadlineMs: number
  /** Missed deadlines in a row that make a pod dead for the page. */
  readonly deadAfterPings: number
  /** The page gives an opening socket this long. */
  readonly openDeadlineMs: number
  /** The pod pings its peer this often and drops a socket that did not answer by the next. */
  readonly heartbeatMs: number
  /** Largest frame the pod reads. */
  readonly frameBytes: number
  /** Messages a second the pod takes from one socket, sustained, and the burst above it. */
  readonly messagesPerSecond: number
  readonly messageBurst: number
  /** Sockets one pod holds at once, whoever opens them; more are refused. */
  readonly podConnections: number
  /** Grace of a polite delete, and of deleting a frozen pod. */
  readonly graceMs: number
  readonly frozenGraceMs: number
  /** Audit rows and ended sessions are kept this long. */
  readonly auditTtlMs: number
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export const LIMITS: Limits = {
  target: 4,
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
  warmCheckMs: 30 * SECOND,
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

/** A relation that must hold between the values of the table, as a sentence and a check. */
const ORDERS: readonly (readonly [string, (l: Limits) => boolean])[] = [
  ['the start budget ends before the janitor looks', (l) => l.startBudgetMs < l.orphanGraceMs],
  ['three pings fit into one heartbeat', (l) => 3 * l.pingMs < l.heartbeatMs],
  [
    'the page calls a frozen pod dead before the pod could drop the page',
    (l) => l.pingDeadlineMs + l.deadAfterPings * l.pingMs < l.heartbeatMs,
  ],
  [
    'a Job outlives the oldest warm pod, a whole session and the start',
    (l) => l.jobDeadlineMs >= l.warmAgeMs + l.lifetimeMs + l.startBudgetMs,
  ],
  [
    'a finished Job is still there to be seen at the next tick, one missed tick included',
    (l) => l.jobTtlMs > 2 * l.refillEveryMs,
  ],
  ['the lease is no longer than the lifetime', (l) => l.leaseMs <= l.lifetimeMs],
  ['a lost socket is noticed before the lease ends', (l) => l.socketIdleMs < l.leaseMs],
  ['a hidden page gives back before its lease ends', (l) => l.hiddenMs < l.leaseMs],
  [
    'warm rows are confirmed before they go stale, one missed tick included',
    (l) => l.warmCheckMs + 2 * l.refillEveryMs < l.warmStaleMs,
  ],
  ['a half-done claim is finished within one refill run', (l) => l.claimGraceMs < l.refillRunMs],
  [
    'a reservation without a Job is finished within one refill run, and long before its start is given up',
    (l) => l.createGraceMs < l.refillRunMs && l.createGraceMs < l.startBudgetMs,
  ],
  ['a refill run ends before the next tick', (l) => l.refillRunMs < l.refillEveryMs],
  ['a refill lease is shorter than a run', (l) => l.refillLeaseMs < l.refillRunMs],
  [
    'a killed Job is given time for the controller’s 10 s back-off and a start',
    (l) => l.healBudgetMs >= 25 * SECOND,
  ],
  ['a frozen pod gets less grace than a polite one', (l) => l.frozenGraceMs < l.graceMs],
  [
    'the pod takes at least twice the messages the page sends',
    (l) => l.messagesPerSecond * l.pingMs >= 2 * SECOND,
  ],
  ['a polite delete is over before a lost pod is believed alive', (l) => l.graceMs < l.lostGraceMs],
  ['the cap holds the pool and at least one visitor', (l) => l.cap > l.target],
  ['back-off grows', (l) => l.refillBackOffMs <= l.refillBackOffMaxMs],
]

/** The relations `limits` breaks, each as a sentence; empty when the table is sound. */
export function violatedConstraints(limits: Limits): string[] {
  return ORDERS.filter(([, holds]) => !holds(limits)).map(([sentence]) => sentence)
}

/**
 * The default table with a stage's own values.
 * @throws RangeError naming every relation that the result would break.
 */
export function limitsWith(overrides: Partial<Limits>): Limits {
  const limits = { ...LIMITS, ...overrides }
  const broken = violatedConstraints(limits)
  if (broken.length > 0)
    throw new RangeError(`These limits contradict each other: not true that ${broken.join('; nor that ')}.`)
  return limits
}
