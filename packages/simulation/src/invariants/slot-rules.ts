/** Invariants 3, 5, 7, 10, 11, 15, 16, 19 to 22: checks of slot rows. */
import type { Limits } from '@warm-pods/core/limits.ts'
import { largestTarget } from '@warm-pods/core/state/sizing.ts'
import { MAX_CLOCK_SKEW_MS } from '@warm-pods/core/time.ts'
import { HANDSHAKE_DEADLINE_MS } from '../engines/sim-gateway.ts'
import type { Process } from '../engines/simulated-process.ts'
import type { RefillItem, SlotItem } from './rows.ts'
import type { Checker } from './violations.ts'

const NEXT: Readonly<Record<SlotItem['state'], readonly SlotItem['state'][]>> = {
  EMPTY: ['EMPTY', 'STARTING'],
  STARTING: ['STARTING', 'WARM', 'EMPTY'],
  WARM: ['WARM', 'CLAIMED', 'EMPTY'],
  CLAIMED: ['CLAIMED', 'EMPTY'],
}

/** The call that wrote a row: its process, and when it began and when it wrote, virtual ms. */
export interface Written {
  readonly process: Process
  readonly sinceMs: number
  readonly nowMs: number
}

/** A row as a refill process has read it, virtual ms. */
interface SlotRead {
  readonly row: SlotItem
  readonly atMs: number
}

/** A pass reads refill's row at most this long before the slots, ms: three attempts that time out. */
const LEASE_READ_MS = 20_000

interface SlotRulesOptions {
  readonly checker: Checker
  readonly nowMs: () => number
  readonly limits: Limits
  readonly wallMs: () => number
  readonly skewMs: number
  /** True when the API shows the pod Ready, in a Job that runs on. */
  readonly isServing: (podUid: string) => boolean
  /** True when the API shows no such pod that runs on. */
  readonly isGone: (podUid: string) => boolean
}

/** Checks each write of a slot row. */
export class SlotRules {
  readonly rows = new Map<string, SlotItem>()
  /** The session and epoch that claimed each pod. */
  readonly #claims = new Map<string, string>()
  /** When the gateway last reached each pod, by UID: ms of the world's wall clock. */
  readonly #reachedMs = new Map<string, number>()
  /** The pods of warm slots that were gone when a doubt was reported, with that report: also whether its process ran no other call. */
  readonly #reportedGone = new Map<string, Written & { readonly isOnlyCall: boolean }>()
  /** The pods of warm slots that the API once showed as not serving. A claim may have skipped them. */
  readonly #onceUnserved = new Set<string>()
  /** When each Job was reserved, virtual ms. */
  readonly #reservedMs = new Map<string, number>()
  /** When the `checkedAt` of each slot was last written, virtual ms. */
  readonly #checkWrittenMs = new Map<string, number>()
  /** When a starting or warm slot last had each Job, virtual ms. */
  readonly #leftMs = new Map<string, number>()
  /** The number of slots that refill keeps filled. */
  target: number
  /** Refill's row has recorded that slots from this number on hold no Job. */
  #slotCount = 0
  /** The rows that each refill process has read since its last report. */
  readonly #reads = new Map<Process, Map<string, SlotRead>>()
  /** When a pause or a back-off last changed, virtual ms. */
  #heldChangedMs = Number.NEGATIVE_INFINITY
  /** When each slot was last not claimable, virtual ms. */
  readonly #unclaimableMs = new Map<string, number>()
  /** The slot whose row names each pod, by UID. */
  readonly #slotOfPod = new Map<string, string>()
  readonly #options: SlotRulesOptions

  constructor(options: SlotRulesOptions) {
    this.#options = options
    this.target = options.limits.target
  }

  /** The gateway has reached the pod for a handshake of a Lambda. */
  reached(uid: string): void {
    this.#reachedMs.set(uid, this.#options.wallMs())
  }

  changed(before: SlotItem | undefined, after: SlotItem, when: Written): void {
    const { nowMs } = when
    this.#noteClaimable(this.rows.get(after.slot), nowMs)
    this.rows.set(after.slot, after)
    if (before?.pod) this.#slotOfPod.delete(before.pod.uid)
    if (after.pod) this.#slotOfPod.set(after.pod.uid, after.slot)
    this.#noteClaimable(after, nowMs)
    const { checker, limits } = this.#options
    const about = `slot ${after.slot}`
    checker.check(
      Number(after.slot) < largestTarget(limits),
      7,
      () => `Slot ${after.slot} is beyond the largest target.`,
      about,
    )
    // A claim that has read every slot below that number reports the pool as empty.
    checker.check(
      after.state === 'EMPTY' || Number(after.slot) < this.#slotCount,
      10,
      () => `Slot ${after.slot} holds a Job, and refill's row has the slot count ${this.#slotCount}.`,
      about,
    )
    if (before) this.#checkMove(before, after, about)
    const isKept = after.job === before?.job && after.state !== 'CLAIMED'
    if (before?.job !== undefined && before.state !== 'CLAIMED' && !isKept)
      this.#leftMs.set(before.job, nowMs)
    if (after.checkedAt && before?.checkedAt !== after.checkedAt) this.#checkWrittenMs.set(after.slot, nowMs)
    if (after.state === 'STARTING' && before?.job !== after.job) this.#reservedMs.set(after.job ?? '', nowMs)
    if (after.state === 'WARM' && before?.state !== 'WARM') {
      this.#checkStartMs(after, nowMs)
      const uid = after.pod?.uid ?? ''
      const message = () => `Slot ${after.slot} became WARM, and the gateway has never reached pod ${uid}.`
      checker.check(this.#reachedMs.has(uid), 15, message, uid)
    }
    if (after.reachedAt !== undefined && after.reachedAt !== before?.reachedAt) this.#checkReachedAt(after)
    if (after.state === 'CLAIMED' && before?.state === 'WARM') this.#checkClaim(before, after, when)
  }

  /** Checks that the measured duration of a start is no longer than the real one. */
  #checkStartMs({ slot, job = '', startMs }: SlotItem, nowMs: number): void {
    if (startMs === undefined) return
    const realMs = nowMs - (this.#reservedMs.get(job) ?? 0)
    const message = () => `The start of slot ${slot} took ${realMs} ms, and its row has ${startMs} ms.`
    this.#options.checker.check(startMs >= 0 && startMs <= realMs + 1, 19, message, job)
  }

  /** Checks that the gateway reached the pod at the recorded time. The answer may come up to a deadline later. */
  #checkReachedAt({ slot, pod, reachedAt = '' }: SlotItem): void {
    const uid = pod?.uid ?? ''
    const aheadMs = Date.parse(reachedAt) - (this.#reachedMs.get(uid) ?? 0)
    const message = () =>
      `Slot ${slot} records that the gateway reached pod ${uid} at ${reachedAt}, and that was ${aheadMs} ms earlier.`
    const allowedMs = HANDSHAKE_DEADLINE_MS + 2 * this.#options.skewMs + 1
    this.#options.checker.check(aheadMs <= allowedMs, 21, message, uid)
  }

  /** A call has reported that pods of warm slots may be gone. */
  doubtReported(when: Written): void {
    const report = { ...when, isOnlyCall: when.process.hasOneCall }
    for (const { uid } of this.#warmPods())
      if (this.#options.isGone(uid) && !this.#reportedGone.has(uid)) this.#reportedGone.set(uid, report)
  }

  /** A refill process has got these rows. @param atMs when DynamoDB read them, virtual ms. */
  read(process: Process, rows: readonly SlotItem[], atMs: number): void {
    const reads = this.#reads.get(process) ?? new Map<string, SlotRead>()
    this.#reads.set(process, reads)
    for (const row of rows) reads.set(row.slot, { row, atMs })
  }

  /** Refill's row has changed. */
  refillChanged(before: RefillItem | undefined, after: RefillItem): void {
    const isSame = before?.pausedUntil === after.pausedUntil && before?.backOffUntil === after.backOffUntil
    if (!isSame) this.#heldChangedMs = this.#options.nowMs()
    this.#slotCount = after.slotCount ?? 0
  }

  /**
   * A pass of refill has recorded its result. A pass without a failure has reserved each slot that it read and whose wait was over then.
   * A pass that changed many Jobs may have left some for the next, and so may one whose Jobs have no pods. With skewed clocks the rule
   * cannot know that time.
   * @param jobChangesMs when Jobs were created or deleted, virtual ms.
   */
  passReported(
    process: Process,
    { backOffUntil = '', failures, pausedUntil = '', problem }: RefillItem,
    jobChangesMs: readonly number[],
  ): void {
    const { checker, limits, nowMs, skewMs, wallMs } = this.#options
    const reads = this.#reads.get(process) ?? new Map<string, SlotRead>()
    this.#reads.delete(process)
    // A pass that could not read reports a problem. Of two invocations in one process, neither pass is known by its reads.
    if (skewMs > 0 || failures !== 0 || problem !== undefined || !process.hasOneCall) return
    const offsetMs = wallMs() - nowMs()
    // So many Jobs may have no pod that refill creates no further one.
    const starting = [...this.rows.values()].filter(({ state }) => state === 'STARTING').length
    if (starting >= limits.jobsWithoutPod / 2) return
    const heldUntilMs = Math.max(Date.parse(pausedUntil) || 0, Date.parse(backOffUntil) || 0)
    for (const { atMs, row } of reads.values()) {
      if (row.state !== 'EMPTY' || Number(row.slot) >= this.target) continue
      if (this.rows.get(row.slot)?.since !== row.since) continue
      const readMs = atMs + offsetMs
      // The pass may have read the end of a pause or a back-off earlier than the rows.
      if (heldUntilMs > readMs || this.#heldChangedMs > atMs - LEASE_READ_MS) continue
      // A change that the plan contains may have had no effect, so that half of the bound is enough.
      if (jobChangesMs.filter((ms) => ms >= atMs).length >= limits.jobChangesBurst / 2) continue
      const waitedMs = readMs - Date.parse(row.claimedAt ?? '')
      const message = () => `Slot ${row.slot} was still empty ${waitedMs} ms after its claim.`
      checker.check(!(waitedMs >= limits.replenishDelayMaxMs), 20, message, `slot ${row.slot}`)
    }
  }

  /**
   * Refill has recorded the size of the pool. Above its floor the pool fits into the quota beside the Jobs that belonged to no starting
   * or warm slot when the invocation began.
   * @param jobs the Jobs now, with the time of their creation, virtual ms.
   */
  resized(
    target: number,
    jobs: readonly { readonly name: string; readonly createdMs: number }[],
    sinceMs: number,
  ): void {
    const { checker, limits } = this.#options
    this.target = target
    const isWithin = target >= limits.target && target <= largestTarget(limits)
    checker.check(isWithin, 22, () => `The pool has ${target} slots.`, 'size')
    const own = new Set(
      [...this.rows.values()].flatMap(({ job, state }) => (state === 'CLAIMED' ? [] : [job])),
    )
    const others = jobs.filter(
      ({ createdMs, name }) => !own.has(name) && Math.max(createdMs, this.#leftMs.get(name) ?? 0) < sinceMs,
    )
    const message = () => `The pool has ${target} slots beside ${others.length} other Jobs.`
    checker.check(target === limits.target || target + others.length <= limits.cap, 22, message, 'size')
  }

  /** A pod, or its Job, has changed in the API. */
  podChanged(uid: string, nowMs: number): void {
    this.#noteClaimable(this.rows.get(this.#slotOfPod.get(uid) ?? ''), nowMs)
  }

  #warmPods(): { readonly uid: string }[] {
    return [...this.rows.values()].flatMap(({ state, pod }) => (state === 'WARM' && pod ? [pod] : []))
  }

  /**
   * Returns whether each slot was not claimable at some time since `sinceMs` (invariant 10). A claim reads each slot at a moment of
   * its own: DynamoDB has no read of several items at one moment, except in a transaction.
   */
  hadNoneSince(sinceMs: number, nowMs: number): boolean {
    for (const row of this.rows.values()) this.#noteClaimable(row, nowMs)
    return [...this.rows.keys()].every((slot) => (this.#unclaimableMs.get(slot) ?? -1) >= sinceMs)
  }

  #checkMove(before: SlotItem, after: SlotItem, about: string): void {
    const { checker } = this.#options
    const message = () =>
      `Slot ${after.slot} went from ${before.state} ${before.gen} to ${after.state} ${after.gen}.`
    checker.check(NEXT[before.state].includes(after.state), 5, message, about)
    const growth = after.state === 'EMPTY' && before.state !== 'EMPTY' ? 1 : 0
    checker.check(after.gen === before.gen + growth, 5, message, about)
    const keepsJob = after.state === 'EMPTY' || before.state === 'EMPTY' || before.job === after.job
    checker.check(
      keepsJob,
      7,
      () => `Slot ${after.slot} has another Job under generation ${after.gen}.`,
      about,
    )
    const samePod = before.pod === undefined || after.pod === undefined || before.pod.uid === after.pod.uid
    checker.check(
      samePod,
      5,
      () => `Slot ${after.slot} has another pod under generation ${after.gen}.`,
      about,
    )
  }

  #checkClaim(before: SlotItem, after: SlotItem, when: Written): void {
    const { checker, limits, skewMs } = this.#options
    const uid = after.pod?.uid ?? ''
    const claim = `${after.sessionId} ${after.epoch}`
    const other = this.#claims.get(uid)
    checker.check(other === undefined || other === claim, 3, () => `Two claims got pod ${uid}.`, uid)
    this.#claims.set(uid, claim)
    // The call may have chosen the candidates at any time since it began.
    const callMs = when.nowMs - when.sinceMs
    const ageMs = Date.parse(after.claimedAt ?? '') - Date.parse(before.checkedAt ?? '')
    const allowedMs = limits.warmStaleMs + callMs + 2 * skewMs
    const aheadMs = MAX_CLOCK_SKEW_MS + callMs + 2 * skewMs
    // A process with a wrong clock may write the time after the call has read the slot.
    const isReadBefore = (this.#checkWrittenMs.get(after.slot) ?? 0) >= when.sinceMs
    checker.check(
      ageMs >= -aheadMs || isReadBefore,
      11,
      () => `Pod ${uid} was taken, although it was last seen Ready ${-ageMs} ms in the future.`,
      uid,
    )
    checker.check(
      ageMs <= allowedMs,
      11,
      () => `Pod ${uid} was taken ${ageMs} ms after it was last seen Ready.`,
      uid,
    )
    const report = this.#reportedGone.get(uid)
    const isSameStart = report?.process === when.process && report.sinceMs === when.sinceMs
    const isOwnReport = isSameStart && report.isOnlyCall && when.process.hasOneCall
    checker.check(
      report === undefined || (!isOwnReport && when.sinceMs <= report.nowMs),
      16,
      () => `Pod ${uid} was taken, and it was gone when a doubt was reported before that.`,
      uid,
    )
  }

  /**
   * Notes whether a slot is claimable now. A slot that only time makes unclaimable is noted at its next change, or by a claim that found
   * none. It counts only if it is fresh by every clock. By the fastest clock it may be stale, and then `empty` is right. The same
   * holds for a time so far ahead that a slow clock does not believe it. A slot
   * whose pod has once stopped serving does not count either, because a claim that asked Kubernetes skips it.
   */
  #noteClaimable(row: SlotItem | undefined, nowMs: number): void {
    if (!row) return
    const { limits, skewMs } = this.#options
    const nowByWallMs = this.#options.wallMs()
    const sinceMs = nowByWallMs - limits.warmStaleMs + 2 * skewMs
    const untilMs = nowByWallMs + MAX_CLOCK_SKEW_MS - 2 * skewMs
    const uid = row.pod?.uid ?? ''
    if (row.state === 'WARM' && !this.#options.isServing(uid)) this.#onceUnserved.add(uid)
    const isClaimable =
      row.state === 'WARM' &&
      isBetween(Date.parse(row.checkedAt ?? ''), sinceMs, untilMs) &&
      !this.#onceUnserved.has(uid)
    if (!isClaimable) this.#unclaimableMs.set(row.slot, nowMs)
  }
}

function isBetween(ms: number, fromMs: number, toMs: number): boolean {
  return ms >= fromMs && ms <= toMs
}
