/** The ways in which a pod dies, as the log, receipts and recordings name them. */
import type { HowToDie } from '@warm-pods/core/api/contracts.ts'

export const DIED: Record<HowToDie, string> = {
  polite: 'by a delete',
  crash: 'by a crash',
  freeze: 'by a freeze',
}
