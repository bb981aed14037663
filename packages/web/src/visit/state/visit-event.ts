import type { ErrorBody, HowToDie, HowToRecover, Session } from '@warm-pods/core/api/contracts.ts'
import type { Slowness } from '../../probe/health.ts'
import type { ToldBy } from '../../probe/protocol.ts'
import type { Held, Reach } from './phase.ts'

/** Everything that can happen to a visit. `atMs` is {@link nowMs}; `random` is 0..1; `lastWorkedMs` is ms since 1970. */
export type VisitEvent =
  /** The tab is visible and not prerendered. */
  | { readonly type: 'seen'; readonly atMs: number }
  | { readonly type: 'hidden-long' }
  /** The page was left (`pagehide`); a reload or the back button may restore it. */
  | { readonly type: 'left' }
  | { readonly type: 'offline'; readonly atMs: number }
  | { readonly type: 'online'; readonly atMs: number }
  /** The API answered a poll of the pool. */
  | { readonly type: 'answered'; readonly atMs: number }
  /** The visitor pressed the button that asks for a pod. `same`: for the pod that another tab of this session holds. */
  | { readonly type: 'ask'; readonly atMs: number; readonly same?: true }
  | { readonly type: 'cancel' }
  | { readonly type: 'claimed'; readonly session: Held; readonly atMs: number }
  | { readonly type: 'starting'; readonly session: Session; readonly atMs: number }
  | {
      readonly type: 'api-error'
      readonly error: ErrorBody['error']
      readonly atMs: number
      readonly random: number
      readonly lastWorkedMs: number | undefined
    }
  | {
      readonly type: 'unreachable'
      /** Something that is not the API answered. */
      readonly foreign?: boolean
      readonly atMs: number
      readonly random: number
      readonly lastWorkedMs: number | undefined
    }
  | { readonly type: 'stuck'; readonly lastWorkedMs: number | undefined }
  /** `startedMs`: when the worker began to open the socket, which may be before the page handled the claim's answer. */
  | { readonly type: 'opened'; readonly atMs: number; readonly startedMs?: number }
  | {
      readonly type: 'pong'
      readonly atMs: number
      readonly downMs: number | undefined
      readonly lost: number
    }
  | {
      readonly type: 'unopened'
      readonly atMs: number
      readonly code: number | undefined
      readonly random: number
      readonly lastWorkedMs: number | undefined
    }
  | {
      readonly type: 'dead'
      readonly atMs: number
      readonly by: ToldBy
      readonly code: number | undefined
      readonly random: number
    }
  /** The API's answer about the way to the pod. */
  | {
      readonly type: 'reach'
      readonly reach: Reach
      readonly atMs: number
      readonly random: number
      readonly lastWorkedMs: number | undefined
    }
  | { readonly type: 'kill'; readonly how: HowToDie; readonly recover: HowToRecover; readonly atMs: number }
  /** The visitor asked for a warm pod while Kubernetes heals the dead one. */
  | { readonly type: 'fail-over'; readonly atMs: number }
  /** The API refused to kill the pod, or could not be reached. */
  | { readonly type: 'spared'; readonly reason: string }
  | { readonly type: 'slow'; readonly slow: Slowness }
  | { readonly type: 'calm' }
  | { readonly type: 'lease-low' }
  | { readonly type: 'lease-over' }
  | { readonly type: 'extended'; readonly session: Session }
  | { readonly type: 'at-limit' }
  | { readonly type: 'timer'; readonly atMs: number }
  /** The API's later report about Jobs that healed. */
  | { readonly type: 'heals'; readonly heals: Session['heals'] }
  | { readonly type: 'pool-recovered'; readonly epoch: number; readonly ms: number }
  | { readonly type: 'pause'; readonly by: 'hand' | 'focus' }
  | { readonly type: 'resume'; readonly by: 'hand' | 'focus' }

/** The event of a type. */
export type EventOf<Type extends VisitEvent['type']> = Extract<VisitEvent, { type: Type }>
