/** Invariants 1, 6, 7, 8, 9 and 14, as they show in what the cluster is asked for and in whom a pod serves. */
import { createHmac } from 'node:crypto'
import { parseWarmJobName } from '@warm-pods/core/identity/names.ts'
import type { Limits } from '@warm-pods/core/limits.ts'
import type { SimJob, SimPod } from '../engines/kube-objects.ts'
import type { Asker } from '../engines/memory-kube.ts'
import { jobsOf, type SessionItem, type SlotItem } from './rows.ts'
import type { SessionRules } from './session-rules.ts'
import type { SlotRules } from './slot-rules.ts'
import type { Ledger } from './violations.ts'

export class ClusterRules {
  /** Pods that were deleted because their visitor had them killed. */
  readonly killed = new Set<string>()
  readonly #o: ClusterRulesOptions
  /** Jobs that a row stood for once, and does not any more: a compare-and-set has let them go. */
  readonly #letGo = new Set<string>()
  readonly #nameOf = new Map<string, string>()
  readonly #served = new Map<string, string>()

  constructor(options: ClusterRulesOptions) {
    this.#o = options
  }

  slotChanged(before: SlotItem | undefined, after: SlotItem): void {
    if (before?.job && after.job !== before.job) this.#letGo.add(before.job)
  }

  sessionChanged(before: SessionItem | undefined, after: SessionItem | undefined): void {
    const now = new Set(jobsOf(after))
    for (const job of jobsOf(before)) if (!now.has(job)) this.#letGo.add(job)
  }

  /** One Job for each slot and generation. */
  jobCreated({ name }: SimJob): void {
    const warm = parseWarmJobName(name)
    if (!warm) return
    const key = `${warm.slot}-${warm.gen}`
    const known = this.#nameOf.get(key) ?? name
    this.#o.ledger.check(
      known === name,
      7,
      () => `Slot and generation ${key} have two Jobs: ${known}, ${name}.`,
      name,
    )
    this.#nameOf.set(key, name)
  }

  jobDeleted({ name, createdMs }: SimJob, by: Asker): void {
    if (by !== 'api' && by !== 'refill') return
    const { ledger, limits, sessions, wallMs, skewMs } = this.#o
    const slot = this.#slotOf(name)
    const session = [...sessions.rows.values()].find((row) => jobsOf(row).includes(name))
    const isServing = session?.job === name || slot?.state === 'CLAIMED'
    const whose = session?.sessionId ?? slot?.sessionId ?? ''
    ledger.check(
      !isServing,
      9,
      () => `${by} deletes ${name}, the Job of a session that goes on.`,
      name,
      whose,
    )
    ledger.check(!slot && !session, 8, () => `${by} deletes ${name}, which a row names.`, name, whose)
    const ageMs = wallMs() - createdMs
    const mayGo = this.#letGo.has(name) || ageMs > limits.orphanGraceMs - 1_000 - 2 * skewMs
    ledger.check(mayGo, 8, () => `${by} deletes ${name}, ${ageMs} ms old, which no row has let go.`, name)
  }

  podDeleted(pod: SimPod, by: Asker): void {
    if (by !== 'api' && by !== 'refill') return
    const { ledger, limits, sessions, wallMs, skewMs } = this.#o
    const { uid, jobName: job } = pod
    const slot = this.#slotOf(job)
    const starting = [...sessions.rows.values()].find(({ kill, ...row }) =>
      row.job === job ? kill !== undefined && kill.podUid === undefined : false,
    )
    const orderedBy = sessions.marked.get(uid) ?? starting?.sessionId
    if (orderedBy !== undefined) {
      const holder = sessions.holders.get(uid) ?? orderedBy
      ledger.check(
        holder === orderedBy,
        14,
        () => `${orderedBy} had the pod of ${holder} killed.`,
        uid,
        orderedBy,
      )
      ledger.check(slot?.state !== 'WARM', 8, () => `Pod ${uid} of a warm slot is deleted.`, uid, job)
      this.killed.add(uid)
      return
    }
    const isNamed = slot !== undefined || [...sessions.rows.values()].some((row) => jobsOf(row).includes(job))
    ledger.check(!isNamed, 8, () => `${by} deletes pod ${pod.name}, whose Job a row names.`, uid, job)
    const ageMs = wallMs() - pod.createdMs
    const isOld = ageMs > limits.orphanGraceMs - 1_000 - 2 * skewMs
    ledger.check(
      isOld,
      8,
      () => `${by} deletes pod ${pod.name}, ${ageMs} ms old, which nobody had killed.`,
      uid,
    )
  }

  /** The slot that stands for a Job. One whose claim has been struck from its session's row since does not any more. */
  #slotOf(job: string): SlotItem | undefined {
    return [...this.#o.slots.rows.values()].find(
      (row) => row.job === job && row.state !== 'EMPTY' && !(row.state === 'CLAIMED' && this.#letGo.has(job)),
    )
  }

  /** The token is checked here once more, by other means than the pod's. */
  served({ uid, name }: SimPod, sessionId: string, header: string, key: string): void {
    const { ledger, wallMs } = this.#o
    ledger.check(
      isGenuine(header, key, sessionId, wallMs()),
      6,
      () => `Pod ${name} served without a token for it.`,
      uid,
    )
    const first = this.#served.get(uid) ?? sessionId
    ledger.check(
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
  readonly ledger: Ledger
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
