import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { Config } from './config.ts'

export type Documents = DynamoDBDocumentClient

/** One client with kept-alive connections; calls that hang are given up, so that a claim answers within its budget. */
export function documents(config: Pick<Config, 'region' | 'dynamodbEndpoint'>): Documents {
  const client = new DynamoDBClient({
    region: config.region,
    ...(config.dynamodbEndpoint ? { endpoint: config.dynamodbEndpoint } : {}),
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: 3_000,
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
