import { describe, expect, it } from 'vitest'
import { startConsole } from '../src/console/server.ts'
import { startDynamodb } from '../src/dynamodb/dynamodb.ts'
import { call } from './_util.ts'

async function startTestConsole() {
  const database = await startDynamodb({
    port: 0,
    ttlAttribute: 'expiresAt',
    tables: [
      {
        TableName: 'Things',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      },
    ],
  })
  const server = await startConsole({ port: 0, endpoint: database.endpoint })
  return {
    port: server.port,
    async [Symbol.asyncDispose]() {
      await server.close()
      await database[Symbol.asyncDispose]()
    },
  }
}

describe('the console', () => {
  it('shows the tables of the database', async () => {
    await using it = await startTestConsole()
    const reply = await call(it.port, '/')
    expect(reply.status).toBe(200)
    expect(reply.body).toContain('Things')
  })

  it('rejects requests from other sites and for other host names', async () => {
    await using it = await startTestConsole()
    const foreign = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }
    expect(await call(it.port, '/tables/Things', { method: 'DELETE', headers: foreign })).toMatchObject({
      status: 403,
    })
    expect(await call(it.port, '/', { headers: { host: 'evil.example' } })).toMatchObject({ status: 403 })
  })
})
