/** Work that the first claim of a process would otherwise wait for. */
import { logPrepareFailed } from '../lib/log.ts'
import type { Services } from '../services.ts'

/** A session's id is 32 hexadecimal digits, so no session has this one. */
const NO_SESSION = 'none'

/**
 * Resolves the credentials, opens the connections of a warm claim with TLS, and reads the day's salt. A claim makes two calls
 * of DynamoDB in parallel, so these two reads open two connections. A dry run of Lambda's Invoke opens one more.
 * Never throws: a failure is logged, and a later request makes the same calls.
 */
export async function prepare({ claimReads, rateLimits, ...services }: Services): Promise<void> {
  await logFailures([
    claimReads.read(NO_SESSION),
    rateLimits.readSalt(services.now()),
    services.dryRunRefill(),
  ])
}

/** Awaits all promises, and logs each failure. */
export async function logFailures(work: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(work))
    if (result.status === 'rejected') logPrepareFailed(result.reason)
}
