import { createRequire } from 'node:module'
import {
  type CreateTableCommandInput,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'
import { describe, expect, it, vi } from 'vitest'
import { type Dynamodb, startDynamodb } from '../src/dynamodb/dynamodb.ts'
import { deleteExpiredItems, startExpiry } from '../src/dynamodb/expiry.ts'
import { call, temporaryFolder, until } from './_util.ts'

const TABLE: CreateTableCommandInput = {
  TableName: 'Things',
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
}

function start(path?: string): Promise<Dynamodb> {
  return startDynamodb({ port: 0, tables: [TABLE], ttlAttribute: 'expiresAt', ...(path ? { path } : {}) })
}

function clientOf({ endpoint }: Dynamodb): DynamoDBClient {
  return new DynamoDBClient({
    endpoint,
    region: 'local',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
  })
}

const put = (client: DynamoDBClient, id: string, expiresAt?: number) =>
  client.send(
    new PutItemCommand({
      TableName: 'Things',
      Item: { id: { S: id }, ...(expiresAt === undefined ? {} : { expiresAt: { N: String(expiresAt) } }) },
    }),
  )
const get = async (client: DynamoDBClient, id: string) =>
  (await client.send(new GetItemCommand({ TableName: 'Things', Key: { id: { S: id } } }))).Item

/** @returns the classes of LevelDB that dynalite uses. */
function storesOfDynalite() {
  const require = createRequire(import.meta.resolve('dynalite'))
  return {
    ClassicLevel: require('level').Level,
    MemoryLevel: require('memory-level').MemoryLevel,
  }
}

const isNotClosed = (error: Error & { code?: string }) => error.code !== 'LEVEL_ITERATOR_NOT_OPEN'

describe('the database', () => {
  it('has its tables when it is up, and keeps their data over a restart', async () => {
    await using folder = await temporaryFolder()
    const path = `${folder.path}/data`
    {
      await using database = await start(path)
      expect(database.kept).toBe(0)
      await put(clientOf(database), 'kept')
    }
    await using again = await start(path)
    expect(again.kept).toBe(1)
    expect(await get(clientOf(again), 'kept')).toEqual({ id: { S: 'kept' } })
  })

  it('deletes expired items page by page, and no others', async () => {
    await using database = await start()
    const client = clientOf(database)
    const nowMs = 2_000_000
    for (let index = 0; index < 230; index++) await put(client, `old-${index}`, 1_000)
    await put(client, 'young', 3_000)
    await put(client, 'timeless')
    const { signal } = new AbortController()
    expect(await deleteExpiredItems(client, TABLE, 'expiresAt', nowMs, signal)).toBe(230)
    expect(await get(client, 'old-0')).toBeUndefined()
    expect(await get(client, 'young')).toBeDefined()
    expect(await get(client, 'timeless')).toBeDefined()
  })

  it('prints why expired items were not deleted, and tries again', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
    const send = vi.fn(() => Promise.reject(new Error('Scan failed', { cause: new Error('IO error') })))
    const stop = startExpiry({ send } as unknown as DynamoDBClient, [TABLE], 'expiresAt', 10)
    await until('three tries', () => send.mock.calls.length >= 3)
    await stop()
    expect(printed).toHaveBeenCalledWith('Expired items of Things were not deleted: Scan failed: IO error')
    printed.mockRestore()
  })

  it.each(['in memory', 'in a folder'])(
    'closes the LevelDB iterator of every Query and Scan: %s',
    async (kind) => {
      await using folder = await temporaryFolder()
      await using database = await start(kind === 'in memory' ? undefined : `${folder.path}/data`)
      const client = clientOf(database)
      for (const id of ['a', 'b', 'c']) await put(client, id)
      const { ClassicLevel, MemoryLevel } = storesOfDynalite()
      const opened = vi.spyOn(kind === 'in memory' ? MemoryLevel.prototype : ClassicLevel.prototype, 'values')
      const values = { ':id': { S: 'a' } }
      const condition = { KeyConditionExpression: 'id = :id', ExpressionAttributeValues: values }
      expect(await client.send(new QueryCommand({ TableName: 'Things', ...condition }))).toMatchObject({
        Count: 1,
      })
      expect(await client.send(new ScanCommand({ TableName: 'Things' }))).toMatchObject({ Count: 3 })
      expect(await client.send(new ScanCommand({ TableName: 'Things', Limit: 1 }))).toMatchObject({
        Count: 1,
      })
      const iterators = opened.mock.results.map(({ value }) => value)
      opened.mockRestore()
      expect(iterators.length).toBeGreaterThanOrEqual(3)
      const open = () =>
        Promise.all(iterators.map((iterator) => iterator.next().then(() => true, isNotClosed)))
      await until('every iterator is closed', async () => !(await open()).includes(true))
    },
  )

  it('rejects requests from websites and for other host names', async () => {
    await using database = await start()
    const preflight = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
    const refused = await call(database.port, '/', { method: 'OPTIONS', headers: preflight })
    expect(refused.status).toBe(403)
    expect(refused.headers).not.toHaveProperty('access-control-allow-origin')
    expect(await call(database.port, '/', { headers: { host: 'evil.example' } })).toMatchObject({
      status: 403,
    })
    expect(await call(database.port, '/')).toMatchObject({ status: 200 })
  })

  it('listens on loopback only', async () => {
    await using database = await start()
    expect(database.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })
})
