import type { HowToDie, HowToRecover, Pod, Progress, Session } from '@warm-pods/core/api/contracts.ts'
import type { Slowness } from '../../probe/health.ts'
import type { ToldBy } from '../../probe/protocol.ts'

/** A session whose pod has an address. */
export type Held = Session & { readonly pod: Pod; readonly socket: NonNullable<Session['socket']> }

/** The session as {@link Held}, when it has all of it. */
export function heldOf(session: Session): Held | undefined {
  const { pod, socket } = session
  return pod && socket && session.state !== 'ended' ? { ...session, pod, socket } : undefined
}

/** A pod's death and the way back, with the times of {@link nowMs}. What is not there has not happened yet. */
export interface Outage {
  readonly cause: 'click' | 'itself'
  /** How the visitor let it die; undefined when nobody asked. */
  readonly how: HowToDie | undefined
  readonly recover: HowToRecover
  /** The session as it was with the dead pod. */
  readonly of: Held
  /** The click; without one, when the death was noticed. */
  readonly atMs: number
  readonly toldMs?: number
  readonly toldBy?: ToldBy
  /** The last the cluster said of the pod it makes. */
  readonly progress?: Progress
  /** First seen that the cluster had made a new pod; only when one had to be started. */
  readonly createdMs?: number
  readonly claimedMs?: number
  readonly connectedMs?: number
  /** The API could not be reached in between: the time until the claim is not the claim's. */
  readonly unreached?: true
}

/** Where to go on when a wait is over. */
export type Resume =
  | { readonly to: 'claim'; readonly askedMs: number }
  /** Nobody killed the pod, and nothing could be reached: it may be there still. */
  | { readonly to: 'rejoin'; readonly session: Held; readonly sinceMs: number }
  | { readonly to: 'recover'; readonly session: Session; readonly outage: Outage; readonly replacing: number }

interface Holding {
  readonly session: Held
  /** Identity of the socket; a new one means: connect again. */
  readonly connection: string
  /** First pong of this pod. */
  readonly sinceMs: number
}
interface Waiting {
  readonly resume: Resume
  readonly attempt: number
}
interface Replacing {
  readonly session: Session
  readonly outage: Outage
  /** The epoch whose pod is to be replaced: the dead pod's, or that of a replacement that never answered. */
  readonly replacing: number
  readonly step: 'claiming' | 'starting' | 'connecting'
  readonly connection: string
  readonly attempt: number
  readonly notBeforeMs: number
}

/** Where a visit stands: one union, every state with exactly the data it has. */
export type Phase =
  | {
      readonly status: 'idle'
      readonly why: 'unseen' | 'expired' | 'cancelled' | 'elsewhere'
      /** The session to give back, if it is ours to give. */
      readonly release?: string
    }
  | {
      readonly status: 'requesting'
      readonly askedMs: number
      readonly attempt: number
      readonly notBeforeMs: number
      /** The old secret's session is over: make a new one. */
      readonly fresh: boolean
    }
  | { readonly status: 'provisioning'; readonly askedMs: number; readonly session: Session }
  | {
      readonly status: 'connecting'
      readonly askedMs: number
      readonly session: Held
      readonly connection: string
      readonly attempt: number
      readonly step: 'opening' | 'rerouting' | 'rejoining'
      /** Only after a time in which nothing could be reached: since when, and with which pod. */
      readonly away?: { readonly sinceMs: number; readonly epoch: number }
      readonly claimedMs: number
      readonly openedMs: number | undefined
    }
  | ({ readonly status: 'live' } & Holding)
  | ({ readonly status: 'degraded'; readonly slow: Slowness } & Holding)
  | ({ readonly status: 'expiring'; readonly atLimit: boolean } & Holding)
  | ({ readonly status: 'terminating'; readonly outage: Outage } & Holding)
  | ({ readonly status: 'recovering' } & Replacing)
  | ({ readonly status: 'lost' } & Replacing)
  | ({ readonly status: 'exhausted'; readonly retryMs: number } & Waiting)
  | ({
      readonly status: 'limited'
      readonly retryMs: number
      readonly message: string
      /** The network holds as many pods as one may; otherwise it took them too quickly. */
      readonly atMost: boolean
      /** The API said that it would be allowed at `retryMs`; otherwise it is only tried again. */
      readonly promised: boolean
    } & Waiting)
  | { readonly status: 'asleep'; readonly release: string | undefined }
  | ({
      readonly status: 'offline'
      /** `event`: the browser says so. `unreachable`: neither API nor pod answers. */
      readonly why: 'event' | 'unreachable'
      readonly retryMs: number | undefined
    } & Waiting)
  | {
      readonly status: 'failed'
      readonly reason: string
      readonly requestId: string | undefined
      /** Last answer of the API, ms since 1970; undefined: never. */
      readonly lastWorkedMs: number | undefined
      /** Where to go on by itself when anything answers again after a time; undefined: only on the visitor's word. */
      readonly again?: { readonly resume: Resume; readonly notBeforeMs: number }
    }

export type Status = Phase['status']
/** The phases in which a pod answers the visitor. */
export type HoldingPhase = Extract<Phase, { status: 'live' | 'degraded' | 'expiring' }>

export function isHolding(phase: Phase): phase is HoldingPhase {
  return phase.status === 'live' || phase.status === 'degraded' || phase.status === 'expiring'
}

/**
 * Whether Kubernetes is making the pod that is waited for in the place of the dead one: a replacement that never answered
 * is itself replaced by a warm pod.
 */
export function isHealing({ outage, replacing }: Extract<Phase, { replacing: number }>): boolean {
  return outage.recover === 'heal' && replacing === outage.of.epoch
}

/** The epoch of the pod {@link podOf} names; 1 when there is none. */
export function epochOf(phase: Phase): number {
  if ('outage' in phase && !phase.session.pod) return phase.outage.of.epoch
  return 'session' in phase ? phase.session.epoch : 1
}

/** The pod a phase is about, if any: the one held, or the one that died. */
export function podOf(phase: Phase): Pod | undefined {
  switch (phase.status) {
    case 'live':
    case 'degraded':
    case 'expiring':
    case 'terminating':
    case 'connecting':
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
