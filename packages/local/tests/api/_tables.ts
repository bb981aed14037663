import { randomUUID } from 'node:crypto'
import { CreateTableCommand, DeleteTableCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb'
import { type Documents, documents } from '@warm-pods/functions/dynamo.ts'
import { poolTable, sessionsTable, TTL_ATTRIBUTE } from '@warm-pods/functions/tables.ts'
import { startDynamodb } from '../../src/dynamodb/dynamodb.ts'

export interface TestTables extends AsyncDisposable {
  readonly endpoint: string
  readonly pool: string
  readonly sessions: string
  readonly db: Documents
}

process.env.AWS_ACCESS_KEY_ID ??= 'test'
process.env.AWS_SECRET_ACCESS_KEY ??= 'test'

/** Two fresh tables: on the DynamoDB that DYNAMODB_ENDPOINT names, or on a dynalite of this process. */
export async function testTables(): Promise<TestTables> {
  const given = process.env.DYNAMODB_ENDPOINT
  const pool = `Pool-${randomUUID()}`
  const sessions = `Sessions-${randomUUID()}`
  const tables = [poolTable(pool), sessionsTable(sessions)]
  const engine = given ? undefined : await startDynamodb({ port: 0, tables, ttlAttribute: TTL_ATTRIBUTE })
  const endpoint = given ?? engine?.endpoint ?? ''
  const db = documents({ region: 'us-east-1', dynamodbEndpoint: endpoint })
  if (given) for (const table of tables) await create(db, table)
  return {
    endpoint,
    pool,
    sessions,
    db,
    async [Symbol.asyncDispose]() {
      if (given)
        for (const TableName of [pool, sessions]) await db.send(new DeleteTableCommand({ TableName }))
      db.destroy()
      await engine?.[Symbol.asyncDispose]()
    },
  }
}

async function create(db: Documents, table: ReturnType<typeof poolTable>): Promise<void> {
  await db.send(new CreateTableCommand(table))
  await waitUntilTableExists({ client: db, maxWaitTime: 30, minDelay: 1 }, { TableName: table.TableName })
}
