/**
 * Rate limits per address. The address itself is never stored. Rows are keyed by a salted hash. The salt is random, changes
 * every day and expires after two; DynamoDB deletes expired items some time later. Once the salt is deleted, not even trying
 * every address reveals one.
 */
import { createHash, randomUUID } from 'node:crypto'
import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { Limits } from '@warm-pods/core/limits.ts'
import { remainingMs } from '@warm-pods/core/time.ts'
import { networkOf } from '../lib/ip-network.ts'
import { type DocumentClient, ifCondition } from './client.ts'
import { SALT } from './tables.ts'

const DAY_MS = 86_400_000

/** The recent requests of an address, the present one included. */
export interface Usage {
  /** The rotating hash of the address. */
  readonly visitor: string
  /** Requests in the sliding window; the previous window counts in part, so these are not whole numbers. */
  readonly claims: number
  readonly recoveries: number
  /** Live sessions of this address, the session of the present claim included. */
  readonly live: number
  /** Milliseconds until the first lease of the other sessions ends; undefined when there are none. */
  readonly nextEndsInMs: number | undefined
}

/** Counts requests and live sessions per address. Errors of DynamoDB pass through. */
export class RateLimitStore {
  readonly #db: DocumentClient
  readonly #table: string
  readonly #limits: Limits
  readonly #newToken: () => string
  #salt: { day: string; value: Promise<string> } | undefined

  /** @param newToken a different text for each write that counts. */
  constructor(db: DocumentClient, table: string, limits: Limits, newToken: () => string = randomUUID) {
    this.#db = db
    this.#table = table
    this.#limits = limits
    this.#newToken = newToken
  }

  /**
   * Counts one claim or recovery of an address in one write. A claim also adds its session to the address's live
   * sessions. A recovery adds none: its session counts already, perhaps for another address.
   * The window slides: the previous window counts by the share of it that lies within `rateWindowMs` before now.
   *
   * The SDK repeats a write whose answer was lost. The row has the token of the last write, so the repetition counts nothing,
   * unless another request of the address came in between ([ADR 25](../../../../docs/adr/0025-a-count-carries-a-token.md)).
   */
  async recordRequest(
    address: string,
    sessionId: string,
    kind: 'claim' | 'recover',
    nowMs: number,
  ): Promise<Usage> {
    const visitor = await this.#hash(address, nowMs)
    const { rateWindowMs, leaseMs } = this.#limits
    const window = Math.floor(nowMs / rateWindowMs)
    const counter = `${kind}#${window}`
    const isClaim = kind === 'claim'
    const write = this.#db.send(
      new UpdateCommand({
        TableName: this.#table,
        Key: visitorKey(visitor),
        UpdateExpression: `ADD #counter :one SET ${isClaim ? '#session = :until, ' : ''}counted = :token, expiresAt = :expires REMOVE #oldClaims, #oldRecoveries`,
        ConditionExpression: 'attribute_not_exists(counted) OR counted <> :token',
        ExpressionAttributeNames: {
          '#counter': counter,
          ...(isClaim ? { '#session': `session#${sessionId}` } : {}),
          '#oldClaims': `claim#${window - 2}`,
          '#oldRecoveries': `recover#${window - 2}`,
        },
        ExpressionAttributeValues: {
          ':one': 1,
          ':token': this.#newToken(),
          ...(isClaim ? { ':until': nowMs + leaseMs } : {}),
          ':expires': this.#expiresAt(nowMs),
        },
        ReturnValues: 'ALL_NEW',
      }),
    )
    const Attributes = (await ifCondition(write))?.Attributes ?? (await this.#read(visitor))
    const share = 1 - (nowMs % rateWindowMs) / rateWindowMs
    const counted = (name: string): number =>
      Number(Attributes[`${name}#${window}`] ?? 0) + share * Number(Attributes[`${name}#${window - 1}`] ?? 0)
    const live = Object.entries(Attributes).filter(
      ([name, until]) => name.startsWith('session#') && remainingMs(Number(until), nowMs, leaseMs) > 0,
    )
    const others = live.filter(([name]) => name !== `session#${sessionId}`).map(([, until]) => Number(until))
    return {
      visitor,
      claims: counted('claim'),
      recoveries: counted('recover'),
      live: live.length,
      nextEndsInMs: others.length > 0 ? Math.min(...others) - nowMs : undefined,
    }
  }

  /** Takes back one counted claim of this window, because the claim created no session. */
  async refundRequest(visitor: string, nowMs: number): Promise<void> {
    const counter = `claim#${Math.floor(nowMs / this.#limits.rateWindowMs)}`
    await ifCondition(
      this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: visitorKey(visitor),
          UpdateExpression: 'ADD #counter :less SET refunded = :token',
          ConditionExpression: '#counter > :none AND (attribute_not_exists(refunded) OR refunded <> :token)',
          ExpressionAttributeNames: { '#counter': counter },
          ExpressionAttributeValues: { ':less': -1, ':none': 0, ':token': this.#newToken() },
        }),
      ),
    )
  }

  /** Counts a session as live until its new lease ends. @param untilMs wall clock, ms since 1970. */
  async extendSession(visitor: string, sessionId: string, untilMs: number): Promise<void> {
    await this.#session(visitor, sessionId, 'SET #session = :until, expiresAt = :expires', {
      ':until': untilMs,
      ':expires': this.#expiresAt(untilMs),
    })
  }

  /** Stops counting a session as live. */
  async removeSession(visitor: string, sessionId: string): Promise<void> {
    await this.#session(visitor, sessionId, 'REMOVE #session', undefined)
  }

  /**
   * When an address's row may be deleted, in s since 1970. No window and no lease that it counts is left by then: a lease
   * ends at most `leaseMs` after the request that set it.
   */
  #expiresAt(fromMs: number): number {
    return Math.ceil((fromMs + 2 * this.#limits.rateWindowMs + this.#limits.leaseMs) / 1000)
  }

  async #read(visitor: string): Promise<Record<string, unknown>> {
    const { Item = {} } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: visitorKey(visitor), ConsistentRead: true }),
    )
    return Item
  }

  async #session(
    visitor: string,
    sessionId: string,
    expression: string,
    values: Record<string, unknown> | undefined,
  ) {
    await ifCondition(
      this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: visitorKey(visitor),
          UpdateExpression: expression,
          ConditionExpression: 'attribute_exists(#session)',
          ExpressionAttributeNames: { '#session': `session#${sessionId}` },
          ...(values ? { ExpressionAttributeValues: values } : {}),
        }),
      ),
    )
  }

  /** Reads the day's salt, so that the first count of an address need not. */
  async readSalt(nowMs: number): Promise<void> {
    await this.#todaysSalt(nowMs)
  }

  async #hash(address: string, nowMs: number): Promise<string> {
    const salt = await this.#todaysSalt(nowMs)
    return createHash('sha256')
      .update(`${salt} ${networkOf(address)}`)
      .digest('hex')
      .slice(0, 32)
  }

  #todaysSalt(nowMs: number): Promise<string> {
    const day = new Date(nowMs).toISOString().slice(0, 10)
    if (this.#salt?.day !== day) {
      const value = this.#saltOf(day, nowMs)
      this.#salt = { day, value }
      // A failure is not cached: the next request tries again.
      value.catch(() => {
        this.#salt = undefined
      })
    }
    return this.#salt.value
  }

  /** The salt of a day. The first process creates it, and the others read it. */
  async #saltOf(day: string, nowMs: number): Promise<string> {
    const Key = { pool: SALT, slot: day }
    const mine = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex')
    const made = await ifCondition(
      this.#db.send(
        new PutCommand({
          TableName: this.#table,
          Item: { ...Key, salt: mine, expiresAt: Math.ceil((nowMs + 2 * DAY_MS) / 1000) },
          ConditionExpression: 'attribute_not_exists(salt)',
        }),
      ),
    )
    if (made) return mine
    const { Item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key, ConsistentRead: true }),
    )
    return String(Item?.salt)
  }
}

function visitorKey(visitor: string): { pool: string; slot: string } {
  return { pool: `visitor#${visitor}`, slot: 'rate' }
}
