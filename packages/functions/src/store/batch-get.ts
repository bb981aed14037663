/** Reads of many items by key, from one table or several, with one call of DynamoDB for a hundred keys. */
import { ProvisionedThroughputExceededException } from '@aws-sdk/client-dynamodb'
import { BatchGetCommand } from '@aws-sdk/lib-dynamodb'
import type { Runtime } from '../lib/clock.ts'
import type { DocumentClient } from './client.ts'

type Item = Record<string, unknown>
interface TableKey {
  readonly table: string
  readonly key: Item
}

/** DynamoDB reads at most this many keys in one call. */
const BATCH_KEYS = 100
/** Pauses of 50, 100, 200 and 400 ms and up to twice as long, so that a visitor's request still fits into its time-out. */
const BUSY_TRIES = 4
const BUSY_MS = 50

/**
 * Returns the items of these keys by table, each strongly consistent. Keys without an item are left out. Keys that DynamoDB leaves
 * unprocessed are read again after a growing pause, as its documentation asks. Other errors of DynamoDB pass through.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
 * @throws ProvisionedThroughputExceededException when keys are left unprocessed {@link BUSY_TRIES} times in a row.
 */
export async function batchGet(
  db: DocumentClient,
  keys: readonly TableKey[],
  pace: Pick<Runtime, 'random' | 'sleep'>,
): Promise<ReadonlyMap<string, readonly Item[]>> {
  const found = new Map<string, Item[]>()
  let left = [...keys]
  for (let busy = 0; left.length > 0; ) {
    const RequestItems = byTable(left.slice(0, BATCH_KEYS))
    const { Responses = {}, UnprocessedKeys = {} } = await db.send(new BatchGetCommand({ RequestItems }))
    for (const [table, items] of Object.entries(Responses))
      found.set(table, [...(found.get(table) ?? []), ...items])
    const unprocessed = Object.entries(UnprocessedKeys).flatMap(([table, { Keys = [] }]) =>
      Keys.map((key): TableKey => ({ table, key })),
    )
    left = [...unprocessed, ...left.slice(BATCH_KEYS)]
    busy = unprocessed.length === 0 ? 0 : busy + 1
    if (busy > BUSY_TRIES) throw leftUnprocessed(unprocessed.length)
    if (busy > 0) await pace.sleep(BUSY_MS * 2 ** (busy - 1) * (1 + pace.random()))
  }
  return found
}

function byTable(keys: readonly TableKey[]): Record<string, { Keys: Item[]; ConsistentRead: true }> {
  const tables = new Set(keys.map(({ table }) => table))
  return Object.fromEntries(
    [...tables].map((name) => {
      const Keys = keys.filter(({ table }) => table === name).map(({ key }) => key)
      return [name, { Keys, ConsistentRead: true as const }]
    }),
  )
}

/** The error that DynamoDB itself answers when it can process none of the keys. */
function leftUnprocessed(keys: number): Error {
  return new ProvisionedThroughputExceededException({
    message: `BatchGetItem left ${keys} keys unprocessed ${BUSY_TRIES + 1} times in a row`,
    $metadata: {},
  })
}
