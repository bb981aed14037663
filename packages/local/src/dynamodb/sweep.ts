import { setTimeout as sleep } from 'node:timers/promises'
import {
  type CreateTableCommandInput,
  DeleteItemCommand,
  type DynamoDBClient,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'

const EVERY_MS = 5 * 60_000
/** Small pages with pauses, so that sweeping never stands in front of a claim. */
const PAGE = 200
const PAUSE_MS = 50

/**
 * Deletes expired items now and then: dynalite has no time to live. DynamoDB takes up to days for it, so nobody may rely
 * on an item being gone. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
 * @returns its undo, which resolves when the last call has come back.
 */
export function startSweeping(
  client: DynamoDBClient,
  tables: readonly CreateTableCommandInput[],
  ttlAttribute: string,
): () => Promise<void> {
  const stopping = new AbortController()
  const { signal } = stopping
  async function run(): Promise<void> {
    while (!signal.aborted) {
      for (const table of tables) await sweep(client, table, ttlAttribute, Date.now(), signal)
      await sleep(EVERY_MS, undefined, { signal })
    }
  }
  // What ends it is the abort, or a database that is going away; the next start sweeps what is left.
  const running = run().catch(() => {})
  return async () => {
    stopping.abort()
    await running
  }
}

/**
 * One pass over a table.
 * @param nowMs milliseconds since 1970.
 * @returns how many items it deleted.
 */
export async function sweep(
  client: DynamoDBClient,
  table: CreateTableCommandInput,
  ttlAttribute: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<number> {
  const keys = (table.KeySchema ?? []).map(({ AttributeName = '' }) => AttributeName)
  const names = Object.fromEntries([ttlAttribute, ...keys].map((name, index) => [`#${index}`, name]))
  const now = { N: String(Math.floor(nowMs / 1_000)) }
  let deleted = 0
  let from: ScanCommand['input']['ExclusiveStartKey']
  do {
    const page = await client.send(
      new ScanCommand({
        TableName: table.TableName,
        Limit: PAGE,
        ExclusiveStartKey: from,
        FilterExpression: '#0 < :now',
        ProjectionExpression: Object.keys(names).join(', '),
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: { ':now': now },
      }),
      { abortSignal: signal },
    )
    for (const { [ttlAttribute]: expiry, ...key } of page.Items ?? []) {
      if (!expiry) continue
      deleted += await deleteExpired(client, table, key, ttlAttribute, expiry, signal)
    }
    from = page.LastEvaluatedKey
    if (from) await sleep(PAUSE_MS, undefined, { signal })
  } while (from)
  return deleted
}

/** Deletes unless somebody has given the item a new expiry meanwhile. @returns 1 when it did. */
async function deleteExpired(
  client: DynamoDBClient,
  table: CreateTableCommandInput,
  key: NonNullable<ScanCommand['input']['ExclusiveStartKey']>,
  ttlAttribute: string,
  expiry: NonNullable<ScanCommand['input']['ExpressionAttributeValues']>[string],
  signal: AbortSignal,
): Promise<number> {
  const command = new DeleteItemCommand({
    TableName: table.TableName,
    Key: key,
    ConditionExpression: '#ttl = :seen',
    ExpressionAttributeNames: { '#ttl': ttlAttribute },
    ExpressionAttributeValues: { ':seen': expiry },
  })
  return client.send(command, { abortSignal: signal }).then(
    () => 1,
    (error) => {
      if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return 0
      throw error
    },
  )
}
