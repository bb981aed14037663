import { Fault } from '@warm-pods/core/faults.ts'
import type { Services } from './services.ts'
import type { Visit } from './visitor-store.ts'

/**
 * Lets a visit in, or says which limit of its address it has reached.
 * @throws Fault too_many_claims, too_many_recoveries, too_many_sessions.
 */
export async function admit(services: Services, visit: Visit, sessionId: string): Promise<void> {
  const { claimsPerAddress, recoveriesPerAddress, liveSessionsPerAddress, rateWindowMs } = services.limits
  const fault = firstBroken([
    // The window slides, so one more fits after about its share per call.
    ['too_many_claims', visit.claims > claimsPerAddress, rateWindowMs / claimsPerAddress],
    ['too_many_recoveries', visit.recoveries > recoveriesPerAddress, rateWindowMs / recoveriesPerAddress],
    ['too_many_sessions', visit.live > liveSessionsPerAddress, undefined],
  ])
  if (!fault) return
  if (fault.code !== 'too_many_recoveries') await services.visitors.leave(visit.visitor, sessionId)
  throw fault
}

type Rule = readonly [
  'too_many_claims' | 'too_many_recoveries' | 'too_many_sessions',
  boolean,
  number | undefined,
]

function firstBroken(rules: readonly Rule[]): Fault | undefined {
  const broken = rules.find(([, isBroken]) => isBroken)
  if (!broken) return undefined
  const [code, , retryAfterMs] = broken
  return new Fault(code, retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(retryAfterMs) })
}
