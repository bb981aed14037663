import type { Outage, Phase } from './phase.ts'
import type { Recovery } from './recovery.ts'
import { NO_TROUBLE, type Trouble } from './trouble.ts'

/** The state that the page draws from. */
export interface Visit {
  readonly phase: Phase
  /** Whether the picture stands still, and whether a click or the focus paused it. Measuring goes on. */
  readonly paused: 'no' | 'hand' | 'focus'
  /** Newest first. */
  readonly recoveries: readonly Recovery[]
  /** Whether a pod has answered in this visit. */
  readonly answered: boolean
  /** The newest claim that this page timed. Other pods of the visit have no such time. */
  readonly first: FirstPong | undefined
  readonly trouble: Trouble
  /** A kill that a reload, or a loss of the network, has interrupted. The API's answer shows how far it got. */
  readonly interrupted: Outage | undefined
}

interface FirstPong {
  /** The session and the epoch whose pod was claimed. */
  readonly sessionId: string
  readonly epoch: number
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
  answered: false,
  first: undefined,
  trouble: NO_TROUBLE,
  interrupted: undefined,
}

/** Returns the kill whose recovery is not complete yet; undefined without one. */
export function pendingKill({ interrupted, phase }: Visit): Outage | undefined {
  const { outage } =
    'resume' in phase && phase.resume.to === 'recover' ? phase.resume : { outage: undefined, ...phase }
  return outage?.cause === 'click' ? outage : interrupted
}
