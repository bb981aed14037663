import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { Config } from '../config.ts'

export type DocumentClient = DynamoDBDocumentClient

/** How long one try of a call may take, queueing for a connection included. */
export interface Patience {
  readonly connectMs: number
  readonly answerMs: number
}

/**
 * One client with kept-alive connections. A call that hangs is given up and tried again, well within the 30 s that API
 * Gateway waits; the limits are wide enough for two hundred callers who share one busy process.
 */
export function documents(
  config: Pick<Config, 'region' | 'dynamodbEndpoint'>,
  patience: Patience = { connectMs: 3_000, answerMs: 6_000 },
): DocumentClient {
  const client = new DynamoDBClient({
    region: config.region,
    ...(config.dynamodbEndpoint ? { endpoint: config.dynamodbEndpoint } : {}),
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: patience.connectMs,
      requestTimeout: patience.answerMs,
      // Without it the SDK only warns, and waits on.
      throwOnRequestTimeout: true,
      httpsAgent: { maxSockets: 100 },
      httpAgent: { maxSockets: 100 },
    },
  })
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } })
}

/**
 * Runs one conditional write. A condition that does not hold is an answer, not an error.
 * @returns what the write returned, or undefined when its condition did not hold.
 */
export async function ifCondition<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined
    throw error
  }
}
