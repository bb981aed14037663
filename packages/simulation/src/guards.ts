/**
 * Guard mutations: the guards that the invariants rest on, and the text edits that remove them. Production code has no
 * switch for this. The edits are applied while a separate thread loads the module. A text that does not occur exactly once
 * is an error, so this list cannot fall behind the code.
 */
import { registerHooks } from 'node:module'
import type { Violation } from './invariants/violations.ts'

interface Edit {
  /** Below packages/. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

export interface Guard {
  /** How the product behaves without the guard; it completes "when …". */
  readonly what: string
  readonly violates: Violation['invariant']
  /** The simulation finds a violation within so many seeds from 1 on. */
  readonly within: number
  readonly edits: readonly Edit[]
}

const CLAIM_CONDITION: Edit = {
  file: 'functions/src/store/slots.ts',
  find: "ConditionExpression: '#state = :warm AND gen = :gen'",
  replace: "ConditionExpression: '#state = :warm OR gen = :gen'",
}

/** All guards, by the name that `--without` takes. */
export const GUARDS = {
  sessionBinding: {
    what: 'claims are unconditional and a pod accepts every session',
    violates: 1,
    within: 100,
    edits: [
      CLAIM_CONDITION,
      {
        file: 'pod/src/session-binding.ts',
        find: "if (tenant.sessionId !== sessionId) return 'another session'",
        replace: '',
      },
    ],
  },
  claimCondition: {
    what: 'a claim does not check that the slot is still warm',
    violates: 3,
    within: 100,
    edits: [CLAIM_CONDITION],
  },
  sessionCreation: {
    what: 'a session is created without a check for an existing one',
    violates: 4,
    within: 100,
    edits: [
      {
        file: 'functions/src/store/sessions.ts',
        find: "this.#put(row, 'attribute_not_exists(sessionId)', undefined)",
        replace: "this.#put(row, 'attribute_not_exists(neverThere)', undefined)",
      },
    ],
  },
  sessionVersion: {
    what: 'a session is written without a check of the version that was read',
    violates: 5,
    within: 100,
    edits: [
      {
        file: 'functions/src/store/sessions.ts',
        find: "'version = :seen AND job = :job'",
        replace: "'version <> :seen OR version = :seen OR job = :job'",
      },
    ],
  },
  token: {
    what: 'a pod accepts a token without verifying it',
    violates: 6,
    within: 100,
    edits: [
      {
        file: 'pod/src/token-check.ts',
        find: 'const verdict = await verifyToken(key, token, nowMs)',
        replace:
          "const [, sessionId = '', epoch, expiry] = token.split('.'); const verdict = { ok: true, claims: { sessionId, epoch: Number(epoch), expiresAtS: Number(expiry) } }",
      },
    ],
  },
  reservation: {
    what: 'a Job is created although its reservation failed',
    violates: 7,
    within: 100,
    edits: [
      {
        file: 'functions/src/refill/execute-step.ts',
        find: 'if (!(await services.slots.move(slot, starting))) return OK',
        replace: 'await services.slots.move(slot, starting)',
      },
    ],
  },
  orphanAge: {
    what: 'garbage collection deletes Jobs of any age',
    violates: 8,
    within: 100,
    edits: [
      {
        file: 'core/src/planner/plan-garbage-collection.ts',
        find: "job.state !== 'deleting' && nowMs - job.createdAtMs > limits.orphanGraceMs",
        replace: "job.state !== 'deleting'",
      },
    ],
  },
  retirement: {
    what: 'a slot is retired although another write came first',
    violates: 9,
    within: 100,
    edits: [
      {
        file: 'functions/src/refill/execute-step.ts',
        find: 'if (!(await services.slots.move(slot, emptySlot(slot, services.now())))) return OK',
        replace: 'await services.slots.move(slot, emptySlot(slot, services.now()))',
      },
    ],
  },
  contention: {
    what: 'a lost race is reported as an empty pool',
    violates: 10,
    within: 100,
    edits: [
      {
        file: 'functions/src/sessions/claim-warm-slot.ts',
        find: 'counts.conflicts++',
        replace: "return { outcome: 'empty', counts }",
      },
    ],
  },
  consistentRead: {
    what: 'the pool is read with eventual consistency',
    violates: 10,
    within: 100,
    edits: [
      {
        file: 'functions/src/store/batch-get.ts',
        find: 'return [name, { Keys, ConsistentRead: true as const }]',
        replace: 'return [name, { Keys }]',
      },
    ],
  },
  wholeRead: {
    what: 'a claim reports a pool as empty after it has read a part of it',
    violates: 10,
    within: 100,
    edits: [
      {
        file: 'functions/src/sessions/claim-warm-slot.ts',
        find: 'if (pool.isWhole && counts.tries === triesBefore)',
        replace: 'if (counts.tries === triesBefore)',
      },
    ],
  },
  everyPartition: {
    what: 'a claim reports a pool as empty after it has read one partition of it',
    violates: 10,
    within: 400,
    edits: [
      {
        file: 'functions/src/sessions/claim-warm-slot.ts',
        find: 'return { slots: await slots.readWarm([Math.floor(random() * filled)]), refill, isWhole: false }',
        replace:
          'return { slots: await slots.readWarm([Math.floor(random() * filled)]), refill, isWhole: true }',
      },
    ],
  },
  slotCount: {
    what: 'refill does not record how many slots may hold a Job before it reserves them',
    violates: 10,
    within: 100,
    edits: [
      {
        file: 'functions/src/refill/reconciliation.ts',
        find: 'if (count > (snapshot.refill.slotCount ?? 0)) await refill.raiseSlotCount(count)',
        replace: 'if (count > (snapshot.refill.slotCount ?? 0)) await refill.raiseSlotCount(0)',
      },
    ],
  },
  staleness: {
    what: 'a slot is claimable at any age of its last check',
    violates: 11,
    within: 100,
    edits: [
      {
        file: 'core/src/state/slot.ts',
        find: "slot.state === 'WARM' && ageMs(slot.checkedAtMs, nowMs) <= limits.warmStaleMs",
        replace: "slot.state === 'WARM'",
      },
      // The claim would ask Kubernetes about so old a slot, so this second guard has to go too.
      {
        file: 'functions/src/sessions/claim-warm-slot.ts',
        find: 'if (isConfirmed(slot, services.now(), inDoubt, services.limits)) return true',
        replace: 'if (!inDoubt) return true',
      },
    ],
  },
  warmPath: {
    what: 'a slot becomes warm as soon as Kubernetes reports its pod Ready',
    violates: 15,
    within: 100,
    edits: [
      {
        file: 'core/src/planner/plan-slots.ts',
        find: 'found?.ready && isReached(found)',
        replace: 'found?.ready',
      },
    ],
  },
  pathAge: {
    what: 'refill records a handshake that it has not made',
    violates: 21,
    within: 100,
    edits: [
      {
        file: 'core/src/planner/plan-slots.ts',
        find: "path?.state === 'reached' && isPathOld(slot, nowMs, limits) ? { reachedAtMs: path.atMs } : {}",
        replace: 'isPathOld(slot, nowMs, limits) ? { reachedAtMs: nowMs } : {}',
      },
    ],
  },
  doubt: {
    what: 'a claim takes every warm slot unasked after a page has reported a lost pod',
    violates: 16,
    within: 100,
    edits: [
      {
        file: 'core/src/state/slot.ts',
        find: 'return !isInDoubt && ageMs(checkedAtMs, nowMs) <= confirmedMs',
        replace: 'return ageMs(checkedAtMs, nowMs) <= confirmedMs',
      },
    ],
  },
  podReach: {
    what: 'the API reports of every pod that it does not answer',
    violates: 17,
    within: 100,
    edits: [
      {
        file: 'functions/src/sessions/reach.ts',
        find: 'reach: result.reach, checkedAt',
        replace: "reach: 'no_answer', checkedAt",
      },
    ],
  },
  clockOfLease: {
    what: 'the page derives the API’s clock from each Date header, also after a session’s answer',
    violates: 18,
    within: 100,
    edits: [
      { file: 'core/src/api/api-clock.ts', find: 'this.#isExact ||= exactMs !== undefined', replace: '' },
    ],
  },
  monotonicStart: {
    what: 'refill measures the duration of a start with its wall clock',
    violates: 19,
    within: 100,
    edits: [
      {
        file: 'functions/src/refill/execute-step.ts',
        find: 'services.askedAt.set(starting.job, services.monotonic())',
        replace: 'services.askedAt.set(starting.job, services.now())',
      },
      {
        file: 'functions/src/refill/execute-step.ts',
        find: 'Math.round(services.monotonic() - requestedMs)',
        replace: 'Math.round(services.now() - requestedMs)',
      },
    ],
  },
  futureTimes: {
    what: 'a time far in the future counts as recent',
    violates: 'at rest',
    within: 200,
    edits: [
      {
        file: 'core/src/time.ts',
        find: 'return age < -MAX_CLOCK_SKEW_MS ? Number.POSITIVE_INFINITY : age',
        replace: 'return age',
      },
    ],
  },
  farEnds: {
    what: 'an end is believed however far ahead it lies',
    violates: 'at rest',
    within: 100,
    edits: [
      {
        file: 'core/src/time.ts',
        find: 'return left > longestMs + MAX_CLOCK_SKEW_MS ? 0 : Math.max(0, left)',
        replace: 'return Math.max(0, left)',
      },
    ],
  },
  farLease: {
    what: 'refill waits for the end of a lease however far ahead it lies',
    violates: 'at rest',
    within: 100,
    edits: [
      {
        file: 'functions/src/store/refill-state.ts',
        find: ' OR runnerUntil > :implausible',
        replace: '',
      },
      {
        file: 'functions/src/store/refill-state.ts',
        find: "':implausible': nowMs + leaseMs + MAX_CLOCK_SKEW_MS,",
        replace: '',
      },
    ],
  },
  creationTime: {
    what: 'an object without a readable creation time counts as old',
    violates: 8,
    within: 400,
    edits: [
      {
        file: 'functions/src/kubernetes/views.ts',
        find: 'createdAtMs: ms(job.metadata?.creationTimestamp) ?? nowMs',
        replace: 'createdAtMs: ms(job.metadata?.creationTimestamp) ?? 0',
      },
      {
        file: 'functions/src/kubernetes/views.ts',
        find: 'const createdAtMs = ms(metadata?.creationTimestamp) ?? nowMs',
        replace: 'const createdAtMs = ms(metadata?.creationTimestamp) ?? 0',
      },
    ],
  },
  unreadableTimes: {
    what: 'refill reads an unreadable time of an object as a time',
    violates: 'bug',
    within: 100,
    edits: [
      {
        file: 'functions/src/kubernetes/views.ts',
        find: 'return Number.isNaN(time) ? undefined : time',
        replace: 'return date ? time : undefined',
      },
    ],
  },
  replenishBound: {
    what: 'a claimed slot stays empty as long as claims follow each other',
    violates: 20,
    within: 100,
    edits: [
      {
        file: 'core/src/planner/replenish.ts',
        find: 'if (longest === 0) return 0',
        replace: '',
      },
      {
        file: 'core/src/planner/replenish.ts',
        find: 'return Math.min(longest, Math.max(',
        replace: 'return (Math.max(',
      },
    ],
  },
  claimAhead: {
    what: 'refill waits after a claim whose time lies ahead',
    violates: 'at rest',
    within: 250,
    edits: [
      {
        file: 'core/src/planner/replenish.ts',
        find: 'if (claimedAtMs === undefined || claimedAtMs > nowMs) return 0',
        replace: 'if (claimedAtMs === undefined) return 0',
      },
    ],
  },
  quotaOfSize: {
    what: 'the size of the pool ignores the quota',
    violates: 22,
    within: 100,
    edits: [
      {
        file: 'core/src/planner/size-pool.ts',
        find: 'const room = Math.max(limits.target, limits.cap - otherJobs)',
        replace: 'const room = limits.cap + otherJobs',
      },
    ],
  },
  pendingWork: {
    what: 'the lease holder ignores the work of the triggers that it counts',
    violates: 23,
    within: 150,
    edits: [
      {
        file: 'functions/src/refill/reconciliation.ts',
        find: 'this.#arrived.push(...lease.work.map(({ key }) => key))',
        replace: '',
      },
    ],
  },
  crashedLease: {
    what: 'a pool counts as at rest after an invocation that did not end',
    violates: 23,
    within: 150,
    edits: [
      {
        file: 'functions/src/store/refill-state.ts',
        find: 'REMOVE atRest${',
        replace: '${',
      },
    ],
  },
  rotation: {
    what: 'rotation does not count the slots that are not warm',
    violates: 24,
    within: 100,
    edits: [
      {
        file: 'core/src/planner/plan-slots.ts',
        find: 'rotatedAtOnce(limits.target) - (limits.target - standing.length)',
        replace: 'rotatedAtOnce(limits.target)',
      },
    ],
  },
  idleTime: {
    what: 'refill counts its own writes as activity of the page',
    violates: 12,
    within: 100,
    edits: [
      {
        file: 'functions/src/refill/execute-step.ts',
        find: 'const next = withHeal(session, previousJob, healed)',
        replace: 'const next = { ...withHeal(session, previousJob, healed), seenAtMs: services.now() }',
      },
    ],
  },
  concurrentKill: {
    what: 'a pod is activated in spite of a concurrent kill request',
    violates: 14,
    within: 100,
    edits: [
      {
        file: 'core/src/transitions/activate.ts',
        find: 'row.kill?.atMs === seen.kill?.atMs &&',
        replace: '',
      },
      {
        file: 'core/src/transitions/activate.ts',
        find: 'row.kill?.state === seen.kill?.state &&',
        replace: '',
      },
    ],
  },
  garbageCollection: {
    what: 'garbage collection skips Jobs that no row names',
    violates: 'at rest',
    within: 100,
    edits: [
      {
        file: 'core/src/planner/plan-garbage-collection.ts',
        find: '!named.has(job.name) &&',
        replace: 'false &&',
      },
    ],
  },
  wholeTimes: {
    what: 'refill hands the fraction of its remaining time to AbortSignal.timeout',
    violates: 'bug',
    within: 100,
    edits: [
      {
        file: 'functions/src/kubernetes/adapter.ts',
        find: 'wholeMs(timeoutMs)',
        replace: 'timeoutMs',
      },
    ],
  },
} as const satisfies Record<string, Guard>

export type GuardName = keyof typeof GUARDS

/**
 * Removes a guard from all modules that this thread loads from now on.
 * @throws Error at the import of the module, when the guard's text does not occur exactly once.
 */
export function removeGuard(name: GuardName): void {
  const edits: readonly Edit[] = GUARDS[name].edits
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      const mine = edits.filter(({ file }) => url.endsWith(`/${file}`))
      if (mine.length === 0) return loaded
      let source = Buffer.from((loaded.source ?? '') as Uint8Array).toString()
      for (const { file, find, replace } of mine) {
        const times = source.split(find).length - 1
        if (times !== 1)
          throw new Error(`Expected the guard ${name} once in ${file}, found it ${times} times.`)
        source = source.replace(find, () => replace)
      }
      return { ...loaded, source }
    },
  })
}
