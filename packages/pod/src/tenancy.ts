import type { Claims } from '@warm-pods/core/identity/token.ts'

export type Tenancy = 'admitted' | 'another session' | 'older epoch'

/**
 * Whom this pod serves: the first session it sees, for its whole life, and no epoch older than the latest it has seen.
 * So even a fault in the claim cannot put two visitors on one pod.
 */
export function createTenancy() {
  let tenant: { readonly sessionId: string; epoch: number } | undefined
  return {
    /** Decides about claims whose token was already verified, and remembers those it admits. */
    admit({ sessionId, epoch }: Claims): Tenancy {
      tenant ??= { sessionId, epoch }
      if (tenant.sessionId !== sessionId) return 'another session'
      if (epoch < tenant.epoch) return 'older epoch'
      tenant.epoch = epoch
      return 'admitted'
    },
    get bound(): boolean {
      return tenant !== undefined
    },
  }
}
