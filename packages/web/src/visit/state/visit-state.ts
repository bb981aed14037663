import type { Phase } from './phase.ts'
import type { Recovery } from './recovery.ts'
import { NO_TROUBLE, type Trouble } from './trouble.ts'

/** The state that the page draws from. */
export interface Visit {
  readonly phase: Phase
  /** Whether the picture stands still, and whether a click or the focus paused it. Measuring goes on. */
  readonly paused: 'no' | 'hand' | 'focus'
  /** Newest first. */
  readonly recoveries: readonly Recovery[]
  /** The first pod of the visit. */
  readonly first: FirstPong | undefined
  readonly trouble: Trouble
}

interface FirstPong {
  /** From the request for a pod to its first pong, ms. */
  readonly ms: number
  /** From the answer with its address to an open socket, ms. */
  readonly connectMs: number
  /** When it came, {@link nowMs}. */
  readonly atMs: number
}

export const START: Visit = {
  phase: { status: 'idle', why: 'unseen' },
  paused: 'no',
  recoveries: [],
  first: undefined,
  trouble: NO_TROUBLE,
}
