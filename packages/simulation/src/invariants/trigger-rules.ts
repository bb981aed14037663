/** Invariant 23: checks that no accepted trigger is lost. */
import {
  isWorkKey,
  sessionIn,
  sessionWork,
  slotIn,
  slotWork,
  type WorkKey,
} from '@warm-pods/core/state/work.ts'
import type { RefillItem, SessionItem, SlotItem } from './rows.ts'
import type { Checker } from './violations.ts'

interface TriggerRulesOptions {
  readonly checker: Checker
  readonly slots: { readonly rows: ReadonlyMap<string, SlotItem>; readonly target: number }
  readonly sessions: { readonly rows: ReadonlyMap<string, SessionItem> }
}

/**
 * Checks each release of refill's lease that leaves the pool at rest. A row that an accepted trigger has named must then be as it shall
 * be, or have been written after that trigger.
 */
export class TriggerRules {
  readonly #options: TriggerRulesOptions
  /** When a trigger for each row was last accepted, virtual ms. */
  readonly #acceptedMs = new Map<WorkKey, number>()
  /** When each row last left its state of rest, virtual ms. */
  readonly #leftMs = new Map<WorkKey, number>()

  constructor(options: TriggerRulesOptions) {
    this.#options = options
  }

  slotChanged({ slot, state }: SlotItem, before: SlotItem | undefined, nowMs: number): void {
    if (before?.state === 'WARM' && state !== 'WARM') this.#leftMs.set(slotWork(Number(slot)), nowMs)
  }

  sessionChanged({ sessionId }: SessionItem, nowMs: number): void {
    this.#leftMs.set(sessionWork(sessionId), nowMs)
  }

  /**
   * Refill's row has changed.
   * @param ownWork the rows that the trigger of the writing invocation has named.
   */
  refillChanged(
    before: RefillItem | undefined,
    after: RefillItem,
    ownWork: readonly WorkKey[],
    nowMs: number,
  ): void {
    if (after.runner !== undefined && after.runner !== before?.runner) this.#accept(ownWork, nowMs)
    const added = [...(after.pendingWork ?? [])].filter((entry) => !before?.pendingWork?.has(entry))
    this.#accept(added.map((entry) => entry.slice(0, entry.lastIndexOf('#'))).filter(isWorkKey), nowMs)
    const isReleased = before?.runner !== undefined && after.runner === undefined
    if (isReleased && after.atRest === true) this.#leftAtRest()
  }

  #accept(keys: readonly WorkKey[], nowMs: number): void {
    for (const key of keys) this.#acceptedMs.set(key, nowMs)
  }

  #leftAtRest(): void {
    const { checker } = this.#options
    for (const [key, atMs] of this.#acceptedMs) {
      const isLater = (this.#leftMs.get(key) ?? 0) >= atMs
      const message = () => `Refill left the pool at rest, and ${key}, which a trigger had named, is not.`
      checker.check(isLater || this.#rests(key), 23, message, key.replace('#', ' '))
    }
    this.#acceptedMs.clear()
  }

  #rests(key: WorkKey): boolean {
    const { sessions, slots } = this.#options
    const slot = slotIn(key)
    if (slot !== undefined) {
      const row = slots.rows.get(String(slot))
      return row === undefined || row.state === 'WARM' || (row.state === 'EMPTY' && slot >= slots.target)
    }
    const session = sessions.rows.get(sessionIn(key) ?? '')
    return session === undefined || session.live === undefined || session.state === 'live'
  }
}
