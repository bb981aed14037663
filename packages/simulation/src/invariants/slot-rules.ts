/** Invariants 3, 5, 7 and 11, as the slots' rows show them. */
import type { Limits } from '@warm-pods/core/limits.ts'
import type { SlotItem } from './rows.ts'
import type { Ledger } from './violations.ts'

const NEXT: Readonly<Record<SlotItem['state'], readonly SlotItem['state'][]>> = {
  EMPTY: ['EMPTY', 'STARTING'],
  STARTING: ['STARTING', 'WARM', 'EMPTY'],
  WARM: ['WARM', 'CLAIMED', 'EMPTY'],
  CLAIMED: ['CLAIMED', 'EMPTY'],
}

export class SlotRules {
  readonly rows = new Map<string, SlotItem>()
  /** Whom each pod has been claimed for. */
  readonly #claims = new Map<string, string>()
  /** Since when some slot has been claimable without a break; `undefined` while none is. */
  #lastNoneMs = 0
  readonly #o: { ledger: Ledger; limits: Limits; wallMs: () => number; skewMs: number }

  constructor(options: { ledger: Ledger; limits: Limits; wallMs: () => number; skewMs: number }) {
    this.#o = options
  }

  /** @param when the call began that the write belongs to, and now. */
  changed(before: SlotItem | undefined, after: SlotItem, when: { sinceMs: number; nowMs: number }): void {
    const { nowMs } = when
    this.#noteClaimable(nowMs)
    this.rows.set(after.slot, after)
    this.#noteClaimable(nowMs)
    const { ledger, limits } = this.#o
    const about = `slot ${after.slot}`
    ledger.check(Number(after.slot) < limits.target, 7, () => `There is a slot ${after.slot}.`, about)
    if (before) this.#checkMove(before, after, about)
    if (after.state === 'CLAIMED' && before?.state === 'WARM') this.#checkClaim(before, after, when)
  }

  /** True when at some moment since then there was no slot that a claim could have taken (invariant 10). */
  hadNoneSince(sinceMs: number, nowMs: number): boolean {
    this.#noteClaimable(nowMs)
    return this.#lastNoneMs >= sinceMs
  }

  #checkMove(before: SlotItem, after: SlotItem, about: string): void {
    const { ledger } = this.#o
    const told = () =>
      `Slot ${after.slot} went from ${before.state} ${before.gen} to ${after.state} ${after.gen}.`
    ledger.check(NEXT[before.state].includes(after.state), 5, told, about)
    const grows = after.state === 'EMPTY' && before.state !== 'EMPTY' ? 1 : 0
    ledger.check(after.gen === before.gen + grows, 5, told, about)
    const keeps = after.state === 'EMPTY' || before.state === 'EMPTY' || before.job === after.job
    ledger.check(keeps, 7, () => `Slot ${after.slot} has another Job under generation ${after.gen}.`, about)
    const samePod = before.pod === undefined || after.pod === undefined || before.pod.uid === after.pod.uid
    ledger.check(samePod, 5, () => `Slot ${after.slot} has another pod under generation ${after.gen}.`, about)
  }

  #checkClaim(before: SlotItem, after: SlotItem, when: { sinceMs: number; nowMs: number }): void {
    const { ledger, limits, skewMs } = this.#o
    const uid = after.pod?.uid ?? ''
    const claim = `${after.sessionId} ${after.epoch}`
    const other = this.#claims.get(uid)
    ledger.check(other === undefined || other === claim, 3, () => `Two claims got pod ${uid}.`, uid)
    this.#claims.set(uid, claim)
    // The candidates were chosen at some moment of this call.
    const callMs = when.nowMs - when.sinceMs
    const ageMs = Date.parse(after.claimedAt ?? '') - Date.parse(before.checkedAt ?? '')
    const allowedMs = limits.warmStaleMs + callMs + 2 * skewMs
    ledger.check(
      ageMs <= allowedMs,
      11,
      () => `Pod ${uid} was taken ${ageMs} ms after it was last seen Ready.`,
      uid,
    )
  }

  /** By the clock that goes furthest ahead a slot may be stale already: then nobody is wronged who is told `empty`. */
  #noteClaimable(nowMs: number): void {
    const { limits, skewMs } = this.#o
    const sinceMs = this.#o.wallMs() - limits.warmStaleMs + 2 * skewMs
    const some = [...this.rows.values()].some(
      (row) => row.state === 'WARM' && Date.parse(row.checkedAt ?? '') >= sinceMs,
    )
    if (!some) this.#lastNoneMs = nowMs
  }
}
