import type { Session } from '@warm-pods/core/api/contracts.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { holdsLease, isHolding } from '../state/phase.ts'
import { claimOf, lastRecovery } from '../state/reducer.ts'
import type { Visit } from '../state/visit-state.ts'
import { after, cancellable, type EffectContext, sleep } from './effect.ts'

/** With less of the lease left the page asks the visitor whether to keep the pod. */
export const LEASE_LOW_MS = 30_000
const HEALS_EVERY_MS = 2_000

/** Warns before the lease ends, and ends the visit with it. */
export function watchLease({ phase }: Visit, { api, dispatch }: EffectContext): () => void {
  if (!holdsLease(phase)) return () => {}
  const leftMs = leaseLeftMs(phase.session, api.skewMs())
  const low = after(leftMs - LEASE_LOW_MS, () => dispatch({ type: 'lease-low' }))
  const over = after(leftMs, () => dispatch({ type: 'lease-over' }))
  return () => {
    low()
    over()
  }
}

/** Returns the rest of the lease, ms. The lease ends by the API's clock. @param skewMs that clock minus this browser's. */
function leaseLeftMs(session: Session, skewMs: number): number {
  return Date.parse(session.leaseEndsAt) - (Date.now() + skewMs)
}

/** Releases the session and renews the secret, because the old secret would find the ended session. */
export function release({ phase }: Visit, { api, secrets }: EffectContext): () => void {
  if ('release' in phase && phase.release !== undefined) {
    void api.release(phase.release)
    secrets.renew()
  }
  return () => {}
}

/**
 * Reports the times that only the page can measure, 0 where it measured none. The API only records them, so a failed report is
 * ignored.
 */
export function reportConnected(visit: Visit, { api }: EffectContext): () => void {
  const { phase } = visit
  if (!isHolding(phase)) return () => {}
  const { id, epoch } = phase.session
  const recovery = lastRecovery(visit)
  const claim = claimOf(visit)
  const legMs = (name: string) => recovery?.legs.find((leg) => leg.name === name)?.ms ?? 0
  // An interrupted recovery contains the time of the reload.
  const body = recovery
    ? {
        epoch,
        connectMs: legMs('connected'),
        firstPongMs: recovery.outage.interrupted ? 0 : recovery.totalMs,
      }
    : { epoch, connectMs: claim?.connectMs ?? 0, firstPongMs: claim?.ms ?? 0 }
  void api.connected(id, body)
  return () => {}
}

/** Polls the session for {@link LIMITS.healBudgetMs}, until the API has timed how Kubernetes healed the Job. */
export function readHeals({ phase }: Visit, { api, dispatch }: EffectContext): () => void {
  if (!isHolding(phase)) return () => {}
  const { id } = phase.session
  return cancellable(async (signal) => {
    const rounds = Math.ceil(LIMITS.healBudgetMs / HEALS_EVERY_MS)
    for (let round = 0; round < rounds; round++) {
      await sleep(HEALS_EVERY_MS, signal)
      const answer = await api.read(id, signal)
      if (signal.aborted) return
      if (answer.is === 'ok') dispatch({ type: 'heals', heals: answer.value.heals })
    }
  })
}
