/** The Sessions table: one item per session, and one audit item per event of a session. */
import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import { RUNTIME, type Runtime } from '../lib/clock.ts'
import { batchGet } from './batch-get.ts'
import { type DocumentClient, ifCondition, queryAll } from './client.ts'
import { sessionFromItem, sessionToItem } from './session-item.ts'
import { LIVE_INDEX } from './tables.ts'

/** The events that the audit records. The owner reads them in the AWS console. */
export type AuditKind =
  | 'requested'
  | 'claimed'
  | 'refused'
  | 'started'
  | 'connected'
  | 'killed'
  | 'replaced'
  | 'healed'
  | 'extended'
  | 'ended'

/** The key of a session's row. */
export function sessionKey(sessionId: string): { readonly sessionId: string; readonly item: string } {
  return { sessionId, item: 'session' }
}

/** A row of the audit. */
export interface AuditEvent {
  /** ISO 8601. */
  readonly at: string
  /** An {@link AuditKind}, or that of a newer version. */
  readonly kind: string
  readonly facts: Readonly<Record<string, unknown>>
}

function eventFromItem({
  expiresAt: _expiresAt,
  item,
  kind,
  sessionId: _sessionId,
  ...facts
}: Record<string, unknown>): AuditEvent {
  return { at: String(item).split('#')[1] ?? '', kind: String(kind), facts }
}

/** The items of the Sessions table. Errors of DynamoDB pass through, except a condition that does not hold. */
export class SessionStore {
  readonly #db: DocumentClient
  readonly #table: string
  readonly #keepMs: number
  readonly #pace: Pick<Runtime, 'random' | 'sleep'>

  /** @param keepMs how long ended sessions and audit rows are kept, in milliseconds. */
  constructor(
    db: DocumentClient,
    table: string,
    keepMs: number,
    pace: Pick<Runtime, 'random' | 'sleep'> = RUNTIME,
  ) {
    this.#db = db
    this.#table = table
    this.#keepMs = keepMs
    this.#pace = pace
  }

  /** A session, strongly consistent; undefined when there is none. @throws Error when the item is damaged. */
  async get(sessionId: string): Promise<SessionRow | undefined> {
    const { Item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: sessionKey(sessionId), ConsistentRead: true }),
    )
    return Item ? sessionFromItem(Item) : undefined
  }

  /** @returns false when the session exists already. */
  async create(row: SessionRow): Promise<boolean> {
    return this.#put(row, 'attribute_not_exists(sessionId)', undefined)
  }

  /**
   * Writes `next` as the version after `seen`.
   * @returns the row as written; undefined when another write has come since `seen` was read.
   */
  async update(seen: SessionRow, next: SessionRow): Promise<SessionRow | undefined> {
    const row = { ...next, version: seen.version + 1 }
    const { condition, values } = unchangedSince(seen)
    return (await this.#put(row, condition, values)) ? row : undefined
  }

  /** Deletes a session that got no Job. @returns false when another write has come since `row` was read. */
  async forget(row: SessionRow): Promise<boolean> {
    const { condition, values } = unchangedSince(row)
    const deleted = await ifCondition(
      this.#db.send(
        new DeleteCommand({
          TableName: this.#table,
          Key: sessionKey(row.sessionId),
          ConditionExpression: condition,
          ExpressionAttributeValues: values,
        }),
      ),
    )
    return deleted !== undefined
  }

  /**
   * Adds a row to the audit. Idempotent: the key is the time and the kind, and an existing row is kept. A retry after a
   * crash writes the same row, because it uses the time stored in the session.
   * @param atMs wall clock, ms since 1970.
   */
  async record(
    sessionId: string,
    kind: AuditKind,
    atMs: number,
    facts: Record<string, unknown>,
  ): Promise<void> {
    const put = this.#db.send(
      new PutCommand({
        TableName: this.#table,
        ConditionExpression: 'attribute_not_exists(sessionId)',
        Item: {
          sessionId,
          item: `event#${new Date(atMs).toISOString()}#${kind}`,
          kind,
          ...facts,
          expiresAt: this.#expiresAt(atMs),
        },
      }),
    )
    await ifCondition(put)
  }

  /** The audit of a session, in its order. It is empty for an unknown session. */
  async events(sessionId: string): Promise<AuditEvent[]> {
    const items = await queryAll(this.#db, {
      TableName: this.#table,
      KeyConditionExpression: 'sessionId = :id AND begins_with(#item, :event)',
      ExpressionAttributeNames: { '#item': 'item' },
      ExpressionAttributeValues: { ':id': sessionId, ':event': 'event#' },
    })
    return items.map(eventFromItem)
  }

  /** Ids of the sessions that are not finalized. They come from an index, which may lag behind the table. */
  async unfinalizedIds(): Promise<string[]> {
    const items = await queryAll(this.#db, {
      TableName: this.#table,
      IndexName: LIVE_INDEX,
      KeyConditionExpression: '#live = :yes',
      ExpressionAttributeNames: { '#live': 'live' },
      ExpressionAttributeValues: { ':yes': 'yes' },
    })
    return items.map((item) => String(item.sessionId))
  }

  /**
   * Sessions by id, strongly consistent. Ids without a session are left out.
   * @throws Error when an item is damaged.
   * @throws ProvisionedThroughputExceededException when DynamoDB leaves keys unprocessed again and again.
   */
  async getMany(ids: readonly string[]): Promise<SessionRow[]> {
    const keys = [...new Set(ids)].map((sessionId) => ({ table: this.#table, key: sessionKey(sessionId) }))
    const found = await batchGet(this.#db, keys, this.#pace)
    return (found.get(this.#table) ?? []).map(sessionFromItem)
  }

  async #put(
    row: SessionRow,
    condition: string,
    values: Record<string, unknown> | undefined,
  ): Promise<boolean> {
    const written = await ifCondition(
      this.#db.send(
        new PutCommand({
          TableName: this.#table,
          Item: { ...sessionToItem(row), expiresAt: this.#expiresAt(row.endsAtMs) },
          ConditionExpression: condition,
          ...(values ? { ExpressionAttributeValues: values } : {}),
        }),
      ),
    )
    return written !== undefined
  }

  #expiresAt(atMs: number): number {
    return Math.ceil((atMs + this.#keepMs) / 1000)
  }
}

/**
 * The condition that no other write has come since this row was read. It names the Job too, because the versions of a secret's next
 * session start at 1 again. A late copy of a write must not change that session.
 */
function unchangedSince({ job, version }: SessionRow) {
  return {
    condition: 'version = :seen AND job = :job',
    values: { ':seen': version, ':job': job },
  }
}
