import { setTimeout as sleep } from 'node:timers/promises'
import {
  type CreateTableCommandInput,
  DeleteItemCommand,
  type DynamoDBClient,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'
import { messageWithCauses } from '@warm-pods/functions/lib/error-causes.ts'

const EVERY_MS = 5 * 60_000
/** Small pages with pauses, so that deleting never delays a claim. */
const PAGE_ITEMS = 200
const PAUSE_MS = 50

/**
 * Deletes expired items every five minutes, because dynalite has no time to live. DynamoDB may take days to delete an expired
 * item, so code must not rely on its absence. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
 * An error is printed, and the next turn tries again.
 * @returns a function that stops it and resolves when the last call has returned.
 */
export function startExpiry(
  client: DynamoDBClient,
  tables: readonly CreateTableCommandInput[],
  ttlAttribute: string,
  everyMs = EVERY_MS,
): () => Promise<void> {
  const stopping = new AbortController()
  const { signal } = stopping
  async function run(): Promise<void> {
    while (!signal.aborted) {
      for (const table of tables) {
        try {
          await deleteExpiredItems(client, table, ttlAttribute, Date.now(), signal)
        } catch (error) {
          if (signal.aborted) return
          // The next turn tries again. Expired items that stay are harmless.
          console.error(`Expired items of ${table.TableName} were not deleted: ${messageWithCauses(error)}`)
        }
      }
      await sleep(everyMs, undefined, { signal })
    }
  }
  const running = run().catch(() => {
    // The sleep was aborted.
  })
  return async () => {
    stopping.abort()
    await running
  }
}

/**
 * Scans a table once and deletes its expired items.
 * @param nowMs milliseconds since 1970.
 * @returns how many items it deleted.
 * @throws the errors of DynamoDB.
 */
export async function deleteExpiredItems(
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
        Limit: PAGE_ITEMS,
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
      deleted += await deleteUnchanged(client, table, key, ttlAttribute, expiry, signal)
    }
    from = page.LastEvaluatedKey
    if (from) await sleep(PAUSE_MS, undefined, { signal })
  } while (from)
  return deleted
}

/** Deletes the item unless its expiry has changed since the scan. @returns 1 when it deleted the item, else 0. */
async function deleteUnchanged(
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
