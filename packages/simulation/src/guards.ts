/**
 * The guards that the invariants rest on, each with what its line of code would be without it. Production code has no
 * switch for this: the text is replaced as the module is loaded, in a thread of its own. A text that is not there exactly
 * once is an error, so that this list cannot fall behind the code.
 */
import { registerHooks } from 'node:module'
import type { Breach } from './invariants/violations.ts'

interface Edit {
  /** Below packages/. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

export interface Guard {
  /** What the product would lack. */
  readonly what: string
  readonly breaks: Breach['invariant']
  /** A breach is found within so many seeds from 1 on. */
  readonly within: number
  readonly edits: readonly Edit[]
}

const CLAIM_CONDITION: Edit = {
  file: 'functions/src/store/slots.ts',
  find: "ConditionExpression: '#state = :warm AND gen = :gen'",
  replace: "ConditionExpression: '#state = :warm OR gen = :gen'",
}

export const GUARDS = {
  tenancy: {
    what: 'neither the claim is conditional, nor does a pod remember whom it serves',
    breaks: 1,
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
    what: 'a claim does not ask whether the slot is warm still',
    breaks: 3,
    within: 100,
    edits: [CLAIM_CONDITION],
  },
  sessionCreation: {
    what: 'a session is made without asking whether there is one',
    breaks: 4,
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
    what: 'a session is written without naming the version that was read',
    breaks: 5,
    within: 100,
    edits: [
      {
        file: 'functions/src/store/sessions.ts',
        find: "this.#put(row, 'version = :seen',",
        replace: "this.#put(row, 'version <> :seen OR version = :seen',",
      },
    ],
  },
  token: {
    what: 'a pod believes what a token says',
    breaks: 6,
    within: 100,
    edits: [
      {
        file: 'pod/src/token-check.ts',
        find: 'return verifyToken(key, token, nowMs)',
        replace:
          "const [, sessionId = '', epoch, expiry] = token.split('.'); return { ok: true, claims: { sessionId, epoch: Number(epoch), expiresAtS: Number(expiry) } }",
      },
    ],
  },
  reservation: {
    what: 'a Job is made although its reservation lost',
    breaks: 7,
    within: 100,
    edits: [
      {
        file: 'functions/src/refill/execute-step.ts',
        find: 'if (!(await services.slots.move(slot, starting))) return OK',
        replace: 'await services.slots.move(slot, starting)',
      },
    ],
  },
  sweepAge: {
    what: 'the sweep takes Jobs of any age',
    breaks: 8,
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
    what: 'a slot is retired although somebody else was first',
    breaks: 9,
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
    what: 'a lost race is told as an empty pool',
    breaks: 10,
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
    what: 'the pool is read as it may have been a moment ago',
    breaks: 10,
    within: 100,
    edits: [
      {
        file: 'functions/src/store/slots.ts',
        find: "ConsistentRead: true,\n        KeyConditionExpression: '#pool = :main'",
        replace: "KeyConditionExpression: '#pool = :main'",
      },
    ],
  },
  staleness: {
    what: 'a slot is claimable whenever it was last seen',
    breaks: 11,
    within: 100,
    edits: [
      {
        file: 'core/src/state/slot.ts',
        find: "slot.state === 'WARM' && nowMs - slot.checkedAtMs <= limits.warmStaleMs",
        replace: "slot.state === 'WARM'",
      },
    ],
  },
  idleClock: {
    what: 'refill counts its own writes as signs of the page',
    breaks: 12,
    within: 100,
    edits: [
      {
        file: 'functions/src/refill/execute-step.ts',
        find: 'const next = withHeal(session, previousJob, healed)',
        replace: 'const next = { ...withHeal(session, previousJob, healed), seenAtMs: services.now() }',
      },
    ],
  },
  killInBetween: {
    what: 'a pod is handed over whatever its visitor has asked for meanwhile',
    breaks: 14,
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
  sweep: {
    what: 'nobody sweeps what no row names',
    breaks: 'rest',
    within: 100,
    edits: [
      {
        file: 'core/src/planner/plan-garbage-collection.ts',
        find: '!named.has(job.name) &&',
        replace: 'false &&',
      },
    ],
  },
} as const satisfies Record<string, Guard>

export type GuardName = keyof typeof GUARDS

/** From now on modules of this thread are loaded without this guard. @throws Error at the import, when its text is not there once. */
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
