import { randomUUID } from 'node:crypto'
import { CreateTableCommand, DeleteTableCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb'
import { type Dynamodb, startDynamodb } from '@warm-pods/local/dynamodb/dynamodb.ts'
import { afterAll } from 'vitest'
import { type DocumentClient, documents } from '../src/store/client.ts'
import { poolTable, sessionsTable, TTL_ATTRIBUTE } from '../src/store/tables.ts'

export interface TestTables extends AsyncDisposable {
  readonly endpoint: string
  readonly pool: string
  readonly sessions: string
  readonly db: DocumentClient
}

process.env.AWS_ACCESS_KEY_ID ??= 'test'
process.env.AWS_SECRET_ACCESS_KEY ??= 'test'

/** Long timeouts: these tests check the rows, and a busy machine may take long to write them. */
const PATIENT = { connectMs: 60_000, answerMs: 60_000 }

/** One dynalite serves a whole file of tests. It is closed after the last one. */
let engine: Promise<Dynamodb> | undefined
afterAll(async () => {
  await (await engine)?.[Symbol.asyncDispose]()
})

async function ownEndpoint(): Promise<string> {
  engine ??= startDynamodb({ port: 0, tables: [], ttlAttribute: TTL_ATTRIBUTE })
  return (await engine).endpoint
}

/** Two new tables, on the DynamoDB at DYNAMODB_ENDPOINT or on this process's dynalite. */
export async function testTables(): Promise<TestTables> {
  const pool = `Pool-${randomUUID()}`
  const sessions = `Sessions-${randomUUID()}`
  const tables = [poolTable(pool), sessionsTable(sessions)]
  const endpoint = process.env.DYNAMODB_ENDPOINT ?? (await ownEndpoint())
  const db = documents({ region: 'us-east-1', dynamodbEndpoint: endpoint }, PATIENT)
  await Promise.all(tables.map((table) => create(db, table)))
  return {
    endpoint,
    pool,
    sessions,
    db,
    async [Symbol.asyncDispose]() {
      for (const TableName of [pool, sessions]) await db.send(new DeleteTableCommand({ TableName }))
      db.destroy()
    },
  }
}

async function create(db: DocumentClient, table: ReturnType<typeof poolTable>): Promise<void> {
  await db.send(new CreateTableCommand(table))
  await waitUntilTableExists(
    { client: db, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.5 },
    { TableName: table.TableName },
  )
}
