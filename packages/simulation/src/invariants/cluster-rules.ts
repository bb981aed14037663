/** Invariants 1, 6, 7, 8, 9 and 14: checks of the calls to the cluster, and of the sessions that pods serve. */
import { createHmac } from 'node:crypto'
import { parseWarmJobName } from '@warm-pods/core/identity/names.ts'
import type { Limits } from '@warm-pods/core/limits.ts'
import type { SimJob, SimPod } from '../engines/kube-objects.ts'
import type { Caller } from '../engines/memory-kube.ts'
import { jobsOf, type SessionItem, type SlotItem } from './rows.ts'
import type { SessionRules } from './session-rules.ts'
import type { SlotRules } from './slot-rules.ts'
import type { Checker } from './violations.ts'

/** Checks the calls to the cluster against the rows. */
export class ClusterRules {
  /** Pods that were deleted for a kill request of their visitor. */
  readonly killed = new Set<string>()
  readonly #options: ClusterRulesOptions
  /** Jobs that a row once referred to. A compare-and-set has released them. */
  readonly #released = new Set<string>()
  readonly #nameOf = new Map<string, string>()
  readonly #served = new Map<string, string>()

  constructor(options: ClusterRulesOptions) {
    this.#options = options
  }

  slotChanged(before: SlotItem | undefined, after: SlotItem): void {
    if (before?.job && after.job !== before.job) this.#released.add(before.job)
  }

  sessionChanged(before: SessionItem | undefined, after: SessionItem | undefined): void {
    const now = new Set(jobsOf(after))
    for (const job of jobsOf(before)) if (!now.has(job)) this.#released.add(job)
  }

  /** Checks that each slot and generation has one Job. */
  jobCreated({ name }: SimJob): void {
    const warm = parseWarmJobName(name)
    if (!warm) return
    const key = `${warm.slot}-${warm.gen}`
    const known = this.#nameOf.get(key) ?? name
    this.#options.checker.check(
      known === name,
      7,
      () => `Slot and generation ${key} have two Jobs: ${known}, ${name}.`,
      name,
    )
    this.#nameOf.set(key, name)
  }

  jobDeleted({ name, createdMs }: SimJob, by: Caller): void {
    if (by !== 'api' && by !== 'refill') return
    const { checker, limits, sessions, wallMs, skewMs } = this.#options
    const slot = this.#slotOf(name)
    const session = [...sessions.rows.values()].find((row) => jobsOf(row).includes(name))
    const isServing = session?.job === name || slot?.state === 'CLAIMED'
    const sessionId = session?.sessionId ?? slot?.sessionId ?? ''
    checker.check(
      !isServing,
      9,
      () => `${by} deletes ${name}, the Job of a session that has not ended.`,
      name,
      sessionId,
    )
    checker.check(!slot && !session, 8, () => `${by} deletes ${name}, which a row names.`, name, sessionId)
    const ageMs = wallMs() - createdMs
    const mayGo = this.#released.has(name) || ageMs > limits.orphanGraceMs - 1_000 - 2 * skewMs
    checker.check(mayGo, 8, () => `${by} deletes ${name}, ${ageMs} ms old, which no row has released.`, name)
  }

  podDeleted(pod: SimPod, by: Caller): void {
    if (by !== 'api' && by !== 'refill') return
    const { checker, limits, sessions, wallMs, skewMs } = this.#options
    const { uid, jobName: job } = pod
    const slot = this.#slotOf(job)
    const starting = [...sessions.rows.values()].find(({ kill, ...row }) =>
      row.job === job ? kill !== undefined && kill.podUid === undefined : false,
    )
    const requestedBy = sessions.killRequested.get(uid) ?? starting?.sessionId
    if (requestedBy !== undefined) {
      const holder = sessions.holders.get(uid) ?? requestedBy
      checker.check(
        holder === requestedBy,
        14,
        () => `A kill of ${requestedBy} deletes the pod of ${holder}.`,
        uid,
        requestedBy,
      )
      checker.check(slot?.state !== 'WARM', 8, () => `Pod ${uid} of a warm slot is deleted.`, uid, job)
      this.killed.add(uid)
      return
    }
    const isNamed = slot !== undefined || [...sessions.rows.values()].some((row) => jobsOf(row).includes(job))
    checker.check(!isNamed, 8, () => `${by} deletes pod ${pod.name}, whose Job a row names.`, uid, job)
    const ageMs = wallMs() - pod.createdMs
    const isOld = ageMs > limits.orphanGraceMs - 1_000 - 2 * skewMs
    checker.check(
      isOld,
      8,
      () => `${by} deletes pod ${pod.name}, ${ageMs} ms old, without a kill request.`,
      uid,
    )
  }

  /**
   * Returns the slot that refers to a Job. A claimed slot does not count when the session's row has released the Job.
   */
  #slotOf(job: string): SlotItem | undefined {
    return [...this.#options.slots.rows.values()].find(
      (row) =>
        row.job === job && row.state !== 'EMPTY' && !(row.state === 'CLAIMED' && this.#released.has(job)),
    )
  }

  /** Checks the token again, independently of the pod's code. */
  served({ uid, name }: SimPod, sessionId: string, header: string, key: string): void {
    const { checker, wallMs, skewMs } = this.#options
    checker.check(
      isGenuine(header, key, sessionId, wallMs() - skewMs),
      6,
      () => `Pod ${name} served without a token for it.`,
      uid,
    )
    const first = this.#served.get(uid) ?? sessionId
    checker.check(
      first === sessionId,
      1,
      () => `Pod ${name} served ${first} and ${sessionId}.`,
      uid,
      first,
      sessionId,
    )
    this.#served.set(uid, first)
  }
}

interface ClusterRulesOptions {
  readonly checker: Checker
  readonly limits: Limits
  readonly slots: SlotRules
  readonly sessions: SessionRules
  readonly wallMs: () => number
  readonly skewMs: number
}

function isGenuine(header: string, key: string, sessionId: string, nowMs: number): boolean {
  const [token = ''] = header
    .split(',')
    .flatMap((name) => (name.trim().startsWith('token.') ? [name.trim()] : []))
  const [, session, epoch, expiry, mac] = token.split('.')
  const signed = `warm-pods.v1 ${session} ${epoch} ${expiry}`
  const expected = createHmac('sha256', Buffer.from(key, 'base64url')).update(signed).digest('base64url')
  return session === sessionId && mac === expected && Number(expiry) * 1_000 > nowMs
}
