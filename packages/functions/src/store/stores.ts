import type { Limits } from '@warm-pods/core/limits.ts'
import type { Config } from '../config.ts'
import { RUNTIME, type Runtime } from '../lib/clock.ts'
import { ClaimReads } from './claim-reads.ts'
import type { DocumentClient } from './client.ts'
import { RateLimitStore } from './rate-limits.ts'
import { RefillStore } from './refill-state.ts'
import { SessionStore } from './sessions.ts'
import { SlotStore } from './slots.ts'
import { StatsStore } from './stats.ts'

export interface Stores {
  readonly slots: SlotStore
  readonly claimReads: ClaimReads
  readonly refill: RefillStore
  readonly sessions: SessionStore
  readonly rateLimits: RateLimitStore
  readonly stats: StatsStore
}

/** Returns the stores over these tables. @param pace of their pauses and their random choices. */
export function storesOver(
  db: DocumentClient,
  tables: Config['tables'],
  limits: Limits,
  pace: Pick<Runtime, 'random' | 'sleep'> = RUNTIME,
): Stores {
  const { pool, sessions } = tables
  return {
    slots: new SlotStore(db, pool, pace),
    claimReads: new ClaimReads(db, tables, limits, pace),
    refill: new RefillStore(db, pool, pace),
    sessions: new SessionStore(db, sessions, limits.auditTtlMs, pace),
    rateLimits: new RateLimitStore(db, pool, limits),
    stats: new StatsStore(db, pool),
  }
}
