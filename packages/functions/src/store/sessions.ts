/** The sessions: one row each for what is, and one for each thing that happened. */
import { BatchGetCommand, DeleteCommand, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import { type DocumentClient, ifCondition } from './client.ts'
import { sessionFromItem, sessionToItem } from './session-item.ts'
import { LIVE_INDEX } from './tables.ts'

/** What the audit records; the owner reads it in the console. */
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

export class SessionStore {
  readonly #db: DocumentClient
  readonly #table: string
  readonly #keepMs: number

  /** @param keepMs how long ended sessions and audit rows are kept. */
  constructor(db: DocumentClient, table: string, keepMs: number) {
    this.#db = db
    this.#table = table
    this.#keepMs = keepMs
  }

  /** Strongly consistent. */
  async get(sessionId: string): Promise<SessionRow | undefined> {
    const { Item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: { sessionId, item: 'session' }, ConsistentRead: true }),
    )
    return Item ? sessionFromItem(Item) : undefined
  }

  /** @returns false when the session exists already. */
  async create(row: SessionRow): Promise<boolean> {
    return this.#put(row, 'attribute_not_exists(sessionId)', undefined)
  }

  /**
   * Writes `next` as the version after `seen`.
   * @returns the row as written, or undefined when somebody else has written since `seen` was read.
   */
  async update(seen: SessionRow, next: SessionRow): Promise<SessionRow | undefined> {
    const row = { ...next, version: seen.version + 1 }
    return (await this.#put(row, 'version = :seen', { ':seen': seen.version })) ? row : undefined
  }

  /** Forgets a session that never came to be. */
  async forget(row: SessionRow): Promise<boolean> {
    const deleted = await ifCondition(
      this.#db.send(
        new DeleteCommand({
          TableName: this.#table,
          Key: { sessionId: row.sessionId, item: 'session' },
          ConditionExpression: 'version = :seen',
          ExpressionAttributeValues: { ':seen': row.version },
        }),
      ),
    )
    return deleted !== undefined
  }

  /**
   * Adds a row to the audit. Its key is when and what, and the first writing stands: whoever repeats a call whose Lambda
   * may have died between changing the session and coming here writes it again, with the time that the session has.
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

  /** Ids of the sessions that are not finalized. From an index, so it may lag by moments: a hint, not the truth. */
  async unfinalizedIds(): Promise<string[]> {
    const ids: string[] = []
    let ExclusiveStartKey: Record<string, unknown> | undefined
    do {
      const page = await this.#db.send(
        new QueryCommand({
          TableName: this.#table,
          IndexName: LIVE_INDEX,
          KeyConditionExpression: '#live = :yes',
          ExpressionAttributeNames: { '#live': 'live' },
          ExpressionAttributeValues: { ':yes': 'yes' },
          ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}),
        }),
      )
      ids.push(...(page.Items ?? []).map((item) => String(item.sessionId)))
      ExclusiveStartKey = page.LastEvaluatedKey
    } while (ExclusiveStartKey)
    return ids
  }

  /** Sessions by id, strongly consistent; ids without a row are left out. */
  async getMany(ids: readonly string[]): Promise<SessionRow[]> {
    const rows: SessionRow[] = []
    let keys = [...new Set(ids)].map((sessionId): Record<string, unknown> => ({ sessionId, item: 'session' }))
    while (keys.length > 0) {
      const batch = keys.slice(0, 100)
      const answer = await this.#db.send(
        new BatchGetCommand({ RequestItems: { [this.#table]: { Keys: batch, ConsistentRead: true } } }),
      )
      rows.push(...(answer.Responses?.[this.#table] ?? []).map(sessionFromItem))
      keys = [...(answer.UnprocessedKeys?.[this.#table]?.Keys ?? []), ...keys.slice(100)]
    }
    return rows
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
