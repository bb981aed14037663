/** The first read of a claim: the caller's session, refill's row and some slots, with one call of DynamoDB. */
import type { Limits } from '@warm-pods/core/limits.ts'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import { currentTarget } from '@warm-pods/core/state/sizing.ts'
import { RUNTIME, type Runtime } from '../lib/clock.ts'
import { batchGet } from './batch-get.ts'
import type { DocumentClient } from './client.ts'
import { refillFromItem } from './refill-state.ts'
import { sessionFromItem } from './session-item.ts'
import { sessionKey } from './sessions.ts'
import { slotFromItem } from './slot-item.ts'
import type { PoolRead } from './slots.ts'
import { REFILL_KEY, REFILL_ROW, slotKey } from './tables.ts'

/** Slots that a claim reads first. The cost of a claim is the same for every larger pool. */
const SAMPLED_SLOTS = 4

interface Tables {
  readonly pool: string
  readonly sessions: string
}

/** A visitor's session, if there is one, and a part of the pool. */
export interface ClaimRead {
  readonly session: SessionRow | undefined
  readonly pool: PoolRead
}

/** Reads what a claim and a recovery begin with. Errors of DynamoDB pass through. */
export class ClaimReads {
  readonly #db: DocumentClient
  readonly #tables: Tables
  readonly #limits: Limits
  readonly #pace: Pick<Runtime, 'random' | 'sleep'>
  /** Slots that refill keeps filled, as this process last read it. An old number only makes the sample less even. */
  #target: number

  constructor(
    db: DocumentClient,
    tables: Tables,
    limits: Limits,
    pace: Pick<Runtime, 'random' | 'sleep'> = RUNTIME,
  ) {
    this.#db = db
    this.#tables = tables
    this.#limits = limits
    this.#pace = pace
    this.#target = limits.target
  }

  /**
   * Reads the session and {@link SAMPLED_SLOTS} slots, chosen at random, all strongly consistent.
   * @throws Error when an item is damaged.
   * @throws ProvisionedThroughputExceededException when DynamoDB leaves keys unprocessed again and again.
   */
  async read(sessionId: string): Promise<ClaimRead> {
    const { pool, sessions } = this.#tables
    const numbers = sample(this.#target, SAMPLED_SLOTS, this.#pace.random)
    const found = await batchGet(
      this.#db,
      [
        { table: sessions, key: sessionKey(sessionId) },
        { table: pool, key: REFILL_KEY },
        ...numbers.map((slot) => ({ table: pool, key: slotKey({ slot }) })),
      ],
      this.#pace,
    )
    const items = found.get(pool) ?? []
    const refill = refillFromItem(items.find((item) => item.slot === REFILL_ROW))
    this.#target = currentTarget(refill.sizing, this.#limits)
    const slots = items.filter((item) => item.slot !== REFILL_ROW).map(slotFromItem)
    const [session] = found.get(sessions) ?? []
    const { slotCount } = refill
    // The numbers differ, so this many of them are all slots.
    const isWhole = slotCount !== undefined && numbers.filter((slot) => slot < slotCount).length === slotCount
    return { session: session && sessionFromItem(session), pool: { slots, refill, isWhole } }
  }
}

/** Returns up to `count` different numbers below `end`. All of them when there are no more. */
export function sample(end: number, count: number, random: () => number): number[] {
  if (end <= count) return Array.from({ length: end }, (_, number) => number)
  const chosen = new Set<number>()
  while (chosen.size < count) chosen.add(Math.floor(random() * end))
  return [...chosen]
}
