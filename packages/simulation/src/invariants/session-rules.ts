/** Invariants 2, 3, 4, 5, 10, 12 and 14: checks of session rows. */

import type { Process } from '../engines/simulated-process.ts'
import type { SessionItem } from './rows.ts'
import type { SlotRules } from './slot-rules.ts'
import type { Checker } from './violations.ts'

/** Checks each write of a session row. */
export class SessionRules {
  readonly rows = new Map<string, SessionItem>()
  /** The session of each pod that a row has ever contained. */
  readonly holders = new Map<string, string>()
  /** Pods with a kill request in a row, and the session of that row. */
  readonly killRequested = new Map<string, string>()
  readonly #podOfEpoch = new Map<string, string>()
  readonly #killedOfEpoch = new Map<string, string>()
  readonly #ended = new Set<string>()
  readonly #checker: Checker
  readonly #slots: SlotRules

  constructor(checker: Checker, slots: SlotRules) {
    this.#checker = checker
    this.#slots = slots
  }

  /** @param by.isDead whether a pod was deleted for a kill request. */
  changed(
    before: SessionItem | undefined,
    after: SessionItem | undefined,
    by: { process: Process; sinceMs: number; nowMs: number; isDead: (uid: string) => boolean },
  ): void {
    const id = (after ?? before)?.sessionId ?? ''
    if (!after) {
      this.rows.delete(id)
      return
    }
    this.rows.set(id, after)
    const { check } = bound(this.#checker)
    check(before !== undefined || !this.#ended.has(id), 4, () => 'An ended session was created again.', id)
    check(
      before === undefined || after.version > 1,
      4,
      () => 'A session was created over an existing one.',
      id,
    )
    if (after.state === 'ended') this.#ended.add(id)
    if (before) this.#checkGrowth(before, after)
    if (before && by.process.kind === 'refill') this.#checkIdleTime(before, after)
    this.#checkPod(before, after, by.isDead)
    this.#checkKills(after)
    this.#checkOutcome(before, after, by)
  }

  #checkGrowth(before: SessionItem, after: SessionItem): void {
    const id = after.sessionId
    const { check } = bound(this.#checker)
    check(
      after.version === before.version + 1,
      5,
      () => `A write of version ${after.version} landed on ${before.version}.`,
      id,
    )
    check(
      after.epoch >= before.epoch,
      5,
      () => `The epoch decreased from ${before.epoch} to ${after.epoch}.`,
      id,
    )
    check(
      before.state !== 'ended' || after.state === 'ended',
      5,
      () => 'An ended session became active again.',
      id,
    )
    const kill = before.epoch === after.epoch && after.state !== 'ended' ? before.kill : undefined
    const isLost = kill !== undefined && !kill.done && kill.podUid === undefined && after.kill === undefined
    check(!isLost, 14, () => 'A kill that was requested during the start is lost.', id)
    check(
      before.live !== undefined || after.live === undefined,
      5,
      () => 'A finalized session is no longer finalized.',
      id,
    )
  }

  /** Checks that only activity of the page, or the activation of a pod, moves the idle time of a session. */
  #checkIdleTime(before: SessionItem, after: SessionItem): void {
    const idleSince = ({ seenAt, epochAt }: SessionItem) => (seenAt > epochAt ? seenAt : epochAt)
    const activates = before.pod?.uid !== after.pod?.uid || before.epoch !== after.epoch
    this.#checker.check(
      activates || idleSince(after) === idleSince(before),
      12,
      () => `Refill moved the idle time from ${idleSince(before)} to ${idleSince(after)}.`,
      after.sessionId,
    )
  }

  #checkPod(before: SessionItem | undefined, after: SessionItem, isDead: (uid: string) => boolean): void {
    const { check } = bound(this.#checker)
    const id = after.sessionId
    const uid = after.pod?.uid
    if (uid === undefined) return
    const holder = this.holders.get(uid) ?? id
    check(holder === id, 3, () => `Pod ${uid} was given to two sessions.`, id, holder, uid)
    this.holders.set(uid, id)
    const key = `${id} ${after.epoch}`
    const known = this.#podOfEpoch.get(key) ?? uid
    check(
      known === uid,
      2,
      () => `Epoch ${after.epoch} has had two pods, ${known} and ${uid}.`,
      id,
      uid,
      known,
    )
    this.#podOfEpoch.set(key, uid)
    const comes = after.state === 'live' && (before?.state !== 'live' || before.pod?.uid !== uid)
    check(
      !comes || !isDead(uid),
      14,
      () => `The killed pod ${uid} was assigned to its session again.`,
      id,
      uid,
    )
  }

  #checkKills(after: SessionItem): void {
    const kills = [after.kill, ...after.oldJobs.map((old) => old.kill)].filter((kill) => kill !== undefined)
    for (const { epoch, podUid } of kills) {
      if (podUid === undefined) continue
      this.killRequested.set(podUid, after.sessionId)
      // A pod killed during its start belongs to no session yet. Its replacement has the same epoch.
      if (!this.holders.has(podUid)) continue
      const key = `${after.sessionId} ${epoch}`
      const known = this.#killedOfEpoch.get(key) ?? podUid
      const message = () => `One kill of epoch ${epoch} names two pods, ${known} and ${podUid}.`
      this.#checker.check(known === podUid, 14, message, after.sessionId, podUid)
      this.#killedOfEpoch.set(key, podUid)
    }
  }

  /** Checks the outcome `empty` of a session that begins to wait for a cold pod. */
  #checkOutcome(
    before: SessionItem | undefined,
    after: SessionItem,
    { sinceMs, nowMs }: { sinceMs: number; nowMs: number },
  ): void {
    const begins = after.state === 'starting' && (before === undefined || before.epoch !== after.epoch)
    if (!begins || after.receipt.outcome !== 'empty') return
    this.#checker.check(
      this.#slots.hadNoneSince(sinceMs, nowMs),
      10,
      () => 'A session got the outcome empty although a slot was claimable all the time of the claim.',
      after.sessionId,
    )
  }
}

function bound(checker: Checker): Pick<Checker, 'check'> {
  return { check: checker.check.bind(checker) }
}
