import type { Claims } from '@warm-pods/core/identity/token.ts'

export type BindingResult = 'accepted' | 'another session' | 'older epoch'

export interface SessionBinding {
  /** Compares verified claims with the binding. Accepted claims create the binding or raise its epoch. */
  accept(claims: Claims): BindingResult
  /** Whether a session has bound this pod. */
  readonly bound: boolean
}

/**
 * Binds the pod to the first session that presents a good token, for the pod's whole life. An epoch never goes back.
 * So a bug in the claim cannot put two visitors on one pod.
 */
export function createSessionBinding(): SessionBinding {
  let tenant: { readonly sessionId: string; epoch: number } | undefined
  return {
    accept({ sessionId, epoch }) {
      tenant ??= { sessionId, epoch }
      if (tenant.sessionId !== sessionId) return 'another session'
      if (epoch < tenant.epoch) return 'older epoch'
      tenant.epoch = epoch
      return 'accepted'
    },
    get bound() {
      return tenant !== undefined
    },
  }
}
