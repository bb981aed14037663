/** Invariant 24: checks that rotation leaves the other slots warm. */
import type { Process } from '../engines/simulated-process.ts'
import type { SlotItem } from './rows.ts'
import type { Checker } from './violations.ts'

/** One slot of this many may be not warm because of rotation, and always one. */
const SLOTS_PER_ROTATED = 20

interface RotationRulesOptions {
  readonly checker: Checker
  readonly slots: { readonly rows: ReadonlyMap<string, SlotItem>; readonly target: number }
  /** True when the API shows the pod Ready, in a Job that runs on. */
  readonly isServing: (podUid: string) => boolean
}

/**
 * Checks each write that replaces a serving pod of another specification. The slots that are not warm then, as far as the writing process
 * knows, are at most a twentieth. A process knows the rows that it has read or written last.
 */
export class RotationRules {
  readonly #options: RotationRulesOptions
  readonly #known = new Map<Process, Map<string, SlotItem['state']>>()

  constructor(options: RotationRulesOptions) {
    this.#options = options
  }

  /** A refill process has read these rows. */
  read(process: Process, rows: readonly SlotItem[]): void {
    const known = this.#knownBy(process)
    for (const { slot, state } of rows) known.set(slot, state)
  }

  /**
   * A process has written a row, and {@link RotationRulesOptions.slots} has it.
   * @param spec the specification of the process.
   */
  slotChanged(before: SlotItem | undefined, { slot, state }: SlotItem, process: Process, spec: string): void {
    if (process.kind !== 'refill') return
    const known = this.#knownBy(process)
    known.set(slot, state)
    const { checker, isServing, slots } = this.#options
    if (before?.state !== 'WARM' || state !== 'EMPTY' || before.spec === spec) return
    if (Number(slot) >= slots.target || !isServing(before.pod?.uid ?? '')) return
    const notWarm = [...known].filter(
      ([other, is]) =>
        Number(other) < slots.target && is !== 'WARM' && slots.rows.get(other)?.state !== 'WARM',
    ).length
    const most = Math.max(1, Math.floor(slots.target / SLOTS_PER_ROTATED))
    const message = () =>
      `Rotation emptied slot ${slot}, and ${notWarm} of ${slots.target} slots are not warm.`
    checker.check(notWarm <= most, 24, message, `slot ${slot}`)
  }

  #knownBy(process: Process): Map<string, SlotItem['state']> {
    const known = this.#known.get(process) ?? new Map<string, SlotItem['state']>()
    this.#known.set(process, known)
    return known
  }
}
