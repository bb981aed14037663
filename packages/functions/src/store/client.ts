import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb'
import type { Config } from '../config.ts'

export type DocumentClient = DynamoDBDocumentClient

/** Timeouts of one try of a request, in milliseconds. Waiting for a connection counts. */
export interface Timeouts {
  readonly connectMs: number
  readonly answerMs: number
}

/**
 * One DynamoDB client with kept-alive connections. A request that hangs is aborted and retried, well within the 30 s that
 * API Gateway waits. The timeouts also suffice for two hundred callers in one busy process.
 */
export function documents(
  config: Pick<Config, 'region' | 'dynamodbEndpoint'>,
  timeouts: Timeouts = { connectMs: 3_000, answerMs: 6_000 },
): DocumentClient {
  const client = new DynamoDBClient({
    region: config.region,
    ...(config.dynamodbEndpoint ? { endpoint: config.dynamodbEndpoint } : {}),
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: timeouts.connectMs,
      requestTimeout: timeouts.answerMs,
      // Without this flag the SDK only logs a warning and keeps waiting.
      throwOnRequestTimeout: true,
      httpsAgent: { maxSockets: 100 },
      httpAgent: { maxSockets: 100 },
    },
  })
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } })
}

/**
 * Reads every page of a query. DynamoDB ends a page after 1 MB:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
 * Errors of DynamoDB pass through.
 */
export async function queryAll(
  db: DocumentClient,
  input: QueryCommandInput,
): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = []
  let from: QueryCommandInput['ExclusiveStartKey']
  do {
    const page = await db.send(new QueryCommand({ ...input, ...(from ? { ExclusiveStartKey: from } : {}) }))
    items.push(...(page.Items ?? []))
    from = page.LastEvaluatedKey
  } while (from)
  return items
}

/**
 * Awaits one conditional write. Other errors of DynamoDB pass through.
 * @returns the result of the write; undefined when its condition did not hold.
 */
export async function ifCondition<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined
    throw error
  }
}
