import type { ClusterView } from './cluster-view.ts'
import type { RefillRow } from './refill-row.ts'
import type { SessionRow } from './session.ts'
import type { Slot } from './slot.ts'

/** Everything that one pass of refill reads before it plans. */
export interface Snapshot extends ClusterView {
  /**
   * True for the slots and sessions that have changed, with their Jobs and pods. Nothing is known of the others. The slots include
   * the uninitialized ones.
   */
  readonly isPartial?: true
  /** In a partial snapshot: the slots that a whole one has chosen for rotation, and that may be replaced now. */
  readonly rotating?: ReadonlySet<number>
  readonly slots: readonly Slot[]
  /** Sessions that are not finalized, and every session that a slot or a Job names. */
  readonly sessions: readonly SessionRow[]
  readonly refill: Pick<
    RefillRow,
    'backOffUntilMs' | 'failures' | 'problem' | 'pausedUntilMs' | 'slotCount' | 'version'
  >
}
