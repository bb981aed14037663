/** Invariants 2, 3, 4, 5, 10, 12 and 14, as the sessions' rows show them. */

import type { Process } from '../engines/simulated-process.ts'
import type { SessionItem } from './rows.ts'
import type { SlotRules } from './slot-rules.ts'
import type { Ledger } from './violations.ts'

export class SessionRules {
  readonly rows = new Map<string, SessionItem>()
  /** Whose each pod is that was ever handed to anyone. */
  readonly holders = new Map<string, string>()
  /** Pods that a row said are to be killed, and whose row. */
  readonly marked = new Map<string, string>()
  readonly #podOfEpoch = new Map<string, string>()
  readonly #killedOfEpoch = new Map<string, string>()
  readonly #ended = new Set<string>()
  readonly #ledger: Ledger
  readonly #slots: SlotRules

  constructor(ledger: Ledger, slots: SlotRules) {
    this.#ledger = ledger
    this.#slots = slots
  }

  /** @param isDead whether a pod has been told to go on behalf of its visitor. */
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
    const { check } = bound(this.#ledger)
    check(before !== undefined || !this.#ended.has(id), 4, () => 'A session that was over was made anew.', id)
    check(before === undefined || after.version > 1, 4, () => 'A session was made over the one there is.', id)
    if (after.state === 'ended') this.#ended.add(id)
    if (before) this.#checkGrowth(before, after)
    if (before && by.process.kind === 'refill') this.#checkIdleClock(before, after)
    this.#checkPod(before, after, by.isDead)
    this.#checkKills(after)
    this.#checkOutcome(before, after, by)
  }

  #checkGrowth(before: SessionItem, after: SessionItem): void {
    const id = after.sessionId
    const { check } = bound(this.#ledger)
    check(
      after.version === before.version + 1,
      5,
      () => `A write of version ${after.version} landed on ${before.version}.`,
      id,
    )
    check(
      after.epoch >= before.epoch,
      5,
      () => `An epoch went back from ${before.epoch} to ${after.epoch}.`,
      id,
    )
    check(before.state !== 'ended' || after.state === 'ended', 5, () => 'A session rose from the dead.', id)
    const kill = before.epoch === after.epoch && after.state !== 'ended' ? before.kill : undefined
    const forgets = kill !== undefined && !kill.done && kill.podUid === undefined && after.kill === undefined
    check(!forgets, 14, () => 'A kill that was asked for while the pod started is forgotten.', id)
    check(before.live !== undefined || after.live === undefined, 5, () => 'A settled session came back.', id)
  }

  /** The clock by which a session is unused moves with a sign of the page, or with a pod that is handed over. */
  #checkIdleClock(before: SessionItem, after: SessionItem): void {
    const clock = ({ seenAt, epochAt }: SessionItem) => (seenAt > epochAt ? seenAt : epochAt)
    const handsOver = before.pod?.uid !== after.pod?.uid || before.epoch !== after.epoch
    this.#ledger.check(
      handsOver || clock(after) === clock(before),
      12,
      () => `Refill moved the idle clock from ${clock(before)} to ${clock(after)}.`,
      after.sessionId,
    )
  }

  #checkPod(before: SessionItem | undefined, after: SessionItem, isDead: (uid: string) => boolean): void {
    const { check } = bound(this.#ledger)
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
    check(!comes || !isDead(uid), 14, () => `The killed pod ${uid} was handed back.`, id, uid)
  }

  #checkKills(after: SessionItem): void {
    const kills = [after.kill, ...after.oldJobs.map((old) => old.kill)].filter((kill) => kill !== undefined)
    for (const { epoch, podUid } of kills) {
      if (podUid === undefined) continue
      this.marked.set(podUid, after.sessionId)
      // One that was killed while it started was nobody's yet: its replacement comes under the same epoch.
      if (!this.holders.has(podUid)) continue
      const key = `${after.sessionId} ${epoch}`
      const known = this.#killedOfEpoch.get(key) ?? podUid
      const told = () => `One kill of epoch ${epoch} names two pods, ${known} and ${podUid}.`
      this.#ledger.check(known === podUid, 14, told, after.sessionId, podUid)
      this.#killedOfEpoch.set(key, podUid)
    }
  }

  /** A session that begins to wait for a cold pod because there was no warm one. */
  #checkOutcome(
    before: SessionItem | undefined,
    after: SessionItem,
    { sinceMs, nowMs }: { sinceMs: number; nowMs: number },
  ): void {
    const begins = after.state === 'starting' && (before === undefined || before.epoch !== after.epoch)
    if (!begins || after.receipt.outcome !== 'empty') return
    this.#ledger.check(
      this.#slots.hadNoneSince(sinceMs, nowMs),
      10,
      () => 'A visitor was told that no pod was warm, and all the while one was.',
      after.sessionId,
    )
  }
}

function bound(ledger: Ledger): Pick<Ledger, 'check'> {
  return { check: ledger.check.bind(ledger) }
}
