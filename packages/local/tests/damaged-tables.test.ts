import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type CreateTableCommandInput,
  DynamoDBClient,
  PutItemCommand,
  type PutItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { startDynamodb } from '../src/dynamodb/dynamodb.ts'
import { temporaryFolder } from './_util.ts'

const TABLE: CreateTableCommandInput = {
  TableName: 'Things',
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
}
const start = (path: string) => startDynamodb({ port: 0, path, tables: [TABLE], ttlAttribute: 'expiresAt' })

/** Writes rows in two starts: LevelDB has then a file of tables and a log. */
async function writeRows(path: string): Promise<void> {
  for (const id of ['first', 'second']) {
    await using database = await start(path)
    const { endpoint } = database
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
    const client = new DynamoDBClient({ endpoint, region: 'local', credentials })
    const item: PutItemCommandInput = { TableName: 'Things', Item: { id: { S: id } } }
    await client.send(new PutItemCommand(item))
    client.destroy()
  }
}

type Damage = (path: string) => void
const each =
  (ending: RegExp, change: (file: string) => void): Damage =>
  (path) => {
    for (const name of readdirSync(path)) if (ending.test(name)) change(join(path, name))
  }

async function damagedTables(damage: Damage) {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'dynamodb')
  await writeRows(path)
  damage(path)
  return { path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

describe('damaged tables', () => {
  it.each<[string, Damage, RegExp]>([
    ['a garbled manifest', each(/^MANIFEST/, (file) => writeFileSync(file, randomBytes(64))), /Corruption: /],
    ['empty files', each(/./, (file) => writeFileSync(file, '')), /Corruption: CURRENT file does not end/],
    ['a missing table file', each(/ldb$/, (file) => rmSync(file)), /Corruption: 1 missing files/],
    ['a truncated table file', each(/ldb$/, (file) => truncateSync(file, 37)), /IO error: .*\.ldb/],
    [
      'a folder in place of the lock',
      each(/^LOCK$/, (file) => {
        rmSync(file)
        mkdirSync(file)
      }),
      /IO error: .*LOCK: Is a directory/,
    ],
    [
      'a file in place of the folder',
      (path) => {
        rmSync(path, { recursive: true })
        writeFileSync(path, '')
      },
      /EEXIST/,
    ],
  ])('end the start with the words of LevelDB: %s', async (_name, damage, words) => {
    await using tables = await damagedTables(damage)
    await expect(start(tables.path)).rejects.toThrow(words)
    await expect(start(tables.path)).rejects.toThrow(`LevelDB cannot read ${tables.path}`)
  })

  it.each<[string, Damage, RegExp]>([
    [
      'a garbled log',
      each(/log$/, (file) => writeFileSync(file, randomBytes(400))),
      /newest rows are lost: .*\.log/,
    ],
    ['a truncated log', each(/log$/, (file) => truncateSync(file, 37)), /newest rows are lost: .*\.log/],
    ['a missing CURRENT', each(/^CURRENT$/, (file) => rmSync(file)), /CURRENT was missing/],
  ])('are reported when LevelDB drops rows silently: %s', async (_name, damage, lost) => {
    await using tables = await damagedTables(damage)
    await using database = await start(tables.path)
    expect(database.lost).toMatch(lost)
  })

  it('are not reported for whole and for new tables', async () => {
    await using tables = await damagedTables(() => {})
    await using database = await start(tables.path)
    expect(database.lost).toBeUndefined()
    await using fresh = await start(`${tables.path}-new`)
    expect(fresh.lost).toBeUndefined()
  })
})
