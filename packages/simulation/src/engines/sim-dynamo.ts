/** The document client of one process: the SDK's three tries around calls that may go wrong (standard retry mode). */
import { DynamoDBServiceException } from '@aws-sdk/client-dynamodb'
import type { DocumentClient } from '@warm-pods/functions/store/client.ts'
import type { Chance } from '../seeded-random.ts'
import type { Change, MemoryDynamo } from './memory-dynamo.ts'
import type { Process } from './simulated-process.ts'
import type { Troubles, Wire } from './wire.ts'

const TRIES = 3
const TROUBLES: Troubles = {
  busy: () => failure('ThrottlingException', 'Rate of requests exceeds the allowed throughput.'),
  cut: () => failure('ECONNRESET', 'socket hang up'),
  unsure: () => failure('InternalServerError', 'The request could not be processed.'),
  late: () => failure('TimeoutError', 'Request timed out.'),
  patienceMs: 6_000,
}

function failure(name: string, message: string): Error {
  return new DynamoDBServiceException({ name, message, $fault: 'server', $metadata: {} })
}

/** @param seen told of every change that a call of this process makes, when it lands, and when that call began. */
export function documentsOf(
  process: Process,
  {
    engine,
    wire,
    chance,
    seen,
  }: { engine: MemoryDynamo; wire: Wire; chance: Chance; seen: (change: Change, sinceMs: number) => void },
): DocumentClient {
  const send = async (command: { readonly input: Record<string, unknown> }): Promise<unknown> => {
    // A try that hangs may land when its call is long over: it belongs to that call all the same.
    const sinceMs = process.busySinceMs(wire.nowMs)
    for (let tried = 1; ; tried++) {
      try {
        const about = () => describe(command)
        return await wire.attempt(process, about, wire.faults.dynamo, TROUBLES, () =>
          engine.execute(command, (change) => seen(change, sinceMs)),
        )
      } catch (error) {
        if (!isTrouble(error) || tried === TRIES) throw error
        await wire.sleep(process, chance.between(20, 100 * 2 ** tried))
      }
    }
  }
  // The stores ask it for nothing but `send`.
  return { send } as unknown as DocumentClient
}

function isTrouble(error: unknown): boolean {
  return error instanceof DynamoDBServiceException && error.name !== 'ConditionalCheckFailedException'
}

/** `Update main/2`, `Put <session>/session`, for a history. */
function describe(command: { readonly input: Record<string, unknown> }): string {
  const { Key, Item, IndexName } = command.input as {
    Key?: Record<string, unknown>
    Item?: Record<string, unknown>
    IndexName?: string
  }
  const name = command.constructor.name.replace('Command', '')
  const { pool, slot, sessionId, item } = Key ?? Item ?? {}
  const key = (Key ?? Item) ? `${pool ?? sessionId}/${slot ?? item}` : (IndexName ?? 'pool')
  return `${name} ${key}`
}
