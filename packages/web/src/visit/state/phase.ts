import type { HowToDie, HowToRecover, Pod, PodReach, Session } from '@warm-pods/core/api/contracts.ts'
import type { Slowness } from '../../probe/health.ts'
import type { ToldBy } from '../../probe/protocol.ts'
import type { StartStep } from '../start-steps.ts'

/** A session whose pod has an address. */
export type Held = Session & { readonly pod: Pod; readonly socket: NonNullable<Session['socket']> }

/** Returns the session as {@link Held}, or undefined while it has no pod with an address. */
export function heldOf(session: Session): Held | undefined {
  const { pod, socket } = session
  return pod && socket && session.state !== 'ended' ? { ...session, pod, socket } : undefined
}

/** A pod's death and the recovery so far, in times of {@link nowMs}. A missing time has not come yet. */
export interface Outage {
  readonly cause: 'click' | 'itself'
  /** The visitor's kill; undefined when the pod ended by itself. */
  readonly how: HowToDie | undefined
  readonly recover: HowToRecover
  /** The session as it was with the dead pod. */
  readonly of: Held
  /** The click; without a click, when the page noticed the death. */
  readonly atMs: number
  readonly toldMs?: number
  readonly toldBy?: ToldBy
  /** The cluster's last report of the pod that it starts. */
  readonly progress?: readonly StartStep[]
  /** When the page first saw the cluster's new pod; only when a pod had to be started. */
  readonly createdMs?: number
  /** When the visitor stopped waiting for a heal and asked for a fail-over. */
  readonly switchedMs?: number
  readonly claimedMs?: number
  readonly connectedMs?: number
  /** The API was unreachable in between, so the time until the claim includes that outage. */
  readonly unreached?: true
  /** A reload, or a loss of the network, interrupted the measuring. */
  readonly interrupted?: true
}

/** How the visit goes on when a wait is over. */
export type Resume =
  | { readonly to: 'claim'; readonly askedMs: number }
  /** The visitor did not kill the pod, and the page reached nothing: the pod may still be alive. */
  | { readonly to: 'rejoin'; readonly session: Held; readonly sinceMs: number }
  | { readonly to: 'recover'; readonly session: Session; readonly outage: Outage; readonly replacing: number }

/** The way to a pod, as the API found it by a handshake of its own. `unknown`: the API could not check it. */
export type Reach = PodReach | 'unknown'

/** The tries to open a socket to one pod, since it was claimed or its last socket was cut. All times are {@link nowMs}. */
export interface Path {
  /** Identity of the WebSocket attempt; another value makes the page connect again. */
  readonly connection: string
  /** When the first try began, or when the last socket was cut. */
  readonly sinceMs: number
  readonly tries: number
  /** Failed tries. A try without an answer counts twice, because it took {@link LIMITS.openDeadlineMs}. */
  readonly failures: number
  /** When the next try begins; undefined while one goes on. */
  readonly retryMs: number | undefined
  /** Number of the present request to check the way to the pod; undefined: there is none. */
  readonly check: number | undefined
  /** The result of the last check. */
  readonly reach: Reach | undefined
  /** The socket of the present try is open; its pong has not come yet. */
  readonly opened: boolean
}

interface Holding {
  readonly session: Held
  /** Identity of the WebSocket attempt; another value makes the page connect again. */
  readonly connection: string
  /** When the first pong of this pod came. */
  readonly sinceMs: number
  /** When the first pong on the present socket came. */
  readonly joinedMs: number
}
interface Waiting {
  readonly resume: Resume
  readonly attempt: number
}
interface Replacing {
  readonly session: Session
  readonly outage: Outage
  /** The epoch whose pod is replaced: the dead pod's, or that of a replacement that never answered. */
  readonly replacing: number
  readonly step: 'claiming' | 'starting' | 'connecting'
  readonly path: Path
  readonly attempt: number
  readonly notBeforeMs: number
}

/** The state of a visit: a union in which every state has exactly its own data. */
export type Phase =
  | {
      readonly status: 'idle'
      /** `unreached`: the session ended while the page could not open a socket. */
      readonly why: 'unseen' | 'expired' | 'cancelled' | 'elsewhere' | 'unreached'
      /** The session to release, if this tab may release it. */
      readonly release?: string
    }
  | {
      readonly status: 'requesting'
      readonly askedMs: number
      readonly attempt: number
      readonly notBeforeMs: number
      /** The session of the old secret has ended, so the claim needs a new secret. */
      readonly fresh: boolean
    }
  | {
      readonly status: 'provisioning'
      readonly askedMs: number
      /** Requests to the API that this start has cost. */
      readonly attempt: number
      readonly session: Session
    }
  | {
      readonly status: 'connecting'
      readonly askedMs: number
      readonly session: Held
      readonly path: Path
      /** Requests to the API so far. */
      readonly attempt: number
      /** `rereading`: the pod refused the token, so the page reads a new one. `replacing`: the pod does not answer. */
      readonly step: 'opening' | 'rereading' | 'rejoining' | 'replacing'
      readonly notBeforeMs: number
      /** The token was read again for this pod. */
      readonly reread?: true
      /** After an outage of the network: when it began, and the epoch held then. */
      readonly away?: { readonly sinceMs: number; readonly epoch: number }
      readonly claimedMs: number
      readonly openedMs: number | undefined
    }
  | ({ readonly status: 'live' } & Holding)
  | ({ readonly status: 'degraded'; readonly slow: Slowness } & Holding)
  | ({ readonly status: 'expiring'; readonly atLimit: boolean } & Holding)
  | ({ readonly status: 'terminating'; readonly outage: Outage } & Holding)
  /** The socket of a pod that had answered was cut. The page tries the same pod again. */
  | {
      readonly status: 'reconnecting'
      readonly session: Held
      readonly path: Path
      readonly by: ToldBy
      /** When the first pong of this pod came. */
      readonly sinceMs: number
    }
  /** The API reaches the pod, but this browser does not (`refused`) or only for seconds (`cut`). The page tries rarely. */
  | ({
      readonly status: 'blocked'
      readonly why: 'refused' | 'cut'
      readonly session: Held
      readonly retryMs: number
    } & Waiting)
  | ({ readonly status: 'recovering' } & Replacing)
  | ({ readonly status: 'lost' } & Replacing)
  | ({ readonly status: 'exhausted'; readonly retryMs: number } & Waiting)
  | ({
      readonly status: 'limited'
      readonly retryMs: number
      readonly message: string
      /** The network holds as many pods as it may; otherwise it claimed them too quickly. */
      readonly atMost: boolean
      /** The API allows the next claim at `retryMs`; otherwise the page only tries again then. */
      readonly promised: boolean
    } & Waiting)
  | { readonly status: 'asleep'; readonly release: string | undefined }
  | ({
      readonly status: 'offline'
      /** `event`: the browser reported it. `unreachable`: nothing answers. `foreign`: something that is not the API answers. */
      readonly why: 'event' | 'unreachable' | 'foreign'
      readonly retryMs: number | undefined
    } & Waiting)
  | {
      readonly status: 'failed'
      readonly reason: string
      readonly requestId: string | undefined
      /** Last answer of the API, ms since 1970; undefined: never. */
      readonly lastWorkedMs: number | undefined
      /** How the page goes on by itself once the API answers again; undefined: only when the visitor asks. */
      readonly again?: { readonly resume: Resume; readonly notBeforeMs: number }
    }

export type Status = Phase['status']
/** The phases in which a pod answers the visitor. */
export type HoldingPhase = Extract<Phase, { status: 'live' | 'degraded' | 'expiring' }>

/** Whether the page keeps a session with a pod that had answered, or that its network does not let it reach. */
export function holdsLease(
  phase: Phase,
): phase is Extract<Phase, { status: 'live' | 'degraded' | 'expiring' | 'reconnecting' | 'blocked' }> {
  return isHolding(phase) || phase.status === 'reconnecting' || phase.status === 'blocked'
}

/** The phases in which the page opens sockets to a pod that does not answer yet. */
export type ReachingPhase = Extract<Phase, { path: Path }>

/** Whether the page tries to open a socket now, or pauses between two tries. */
export function isReaching(phase: Phase): phase is ReachingPhase {
  if (!('path' in phase)) return false
  if (phase.status === 'reconnecting') return true
  return phase.step === (phase.status === 'connecting' ? 'opening' : 'connecting')
}

export function isHolding(phase: Phase): phase is HoldingPhase {
  return phase.status === 'live' || phase.status === 'degraded' || phase.status === 'expiring'
}

/**
 * Whether the page waits for Kubernetes to replace the dead pod. A replacement that never answered does not count: a warm
 * pod replaces it.
 */
export function isHealing({ outage, replacing }: Extract<Phase, { replacing: number }>): boolean {
  return outage.recover === 'heal' && replacing === outage.of.epoch
}

/** Whether the API has begun the heal and the Job's next pod has no address yet. The visitor may fail over instead. */
export function isWaitingForHeal(phase: Extract<Phase, { replacing: number }>): boolean {
  return isHealing(phase) && phase.step === 'starting'
}

/** Whether Kubernetes heals the pod and has not created the Job's next pod yet, as far as the page knows. */
export function waitsForBackoff(phase: Phase): boolean {
  const heals =
    phase.status === 'provisioning'
      ? phase.session.state === 'recovering'
      : 'replacing' in phase && isWaitingForHeal(phase)
  if (!heals || !('session' in phase)) return false
  return !phase.session.progress?.some(({ step, at }) => step === 'created' && at !== null)
}

/** Whether the page waits for the API's answer to a request for a pod, or pauses before the next try. */
export function isRequesting(
  phase: Phase,
): phase is Extract<Phase, { status: 'requesting' } | { status: 'recovering' | 'lost' }> {
  return phase.status === 'requesting' || ('replacing' in phase && phase.step === 'claiming')
}

/** Returns the epoch of the pod of {@link podOf}; 1 without a pod. */
export function epochOf(phase: Phase): number {
  if ('outage' in phase && !phase.session.pod) return phase.outage.of.epoch
  return 'session' in phase ? phase.session.epoch : 1
}

/** Returns the pod that is held, or the pod that died; undefined in a phase without either. */
export function podOf(phase: Phase): Pod | undefined {
  switch (phase.status) {
    case 'live':
    case 'degraded':
    case 'expiring':
    case 'terminating':
    case 'connecting':
    case 'reconnecting':
    case 'blocked':
      return phase.session.pod
    case 'recovering':
    case 'lost':
      return phase.session.pod ?? phase.outage.of.pod
    default:
      return undefined
  }
}

/**
 * Returns where the pod of a session came from, as far as the session shows it. A heal keeps the source of the pod before,
 * and a fail-over from the pool has the source `rescued`. So after the first pod only `cold` describes the pod held now.
 */
export function originOf({ source, epoch }: Session): 'warm' | 'cold' | 'later' {
  if (source === 'cold') return 'cold'
  return epoch === 1 ? 'warm' : 'later'
}
