/** The document client of one process. It retries as the SDK's standard mode does: three attempts per call. */
import { DynamoDBServiceException } from '@aws-sdk/client-dynamodb'
import type { DocumentClient } from '@warm-pods/functions/store/client.ts'
import type { Chance } from '../seeded-random.ts'
import type { Item } from './expressions.ts'
import type { Change, MemoryDynamo } from './memory-dynamo.ts'
import type { Process } from './simulated-process.ts'
import type { CallErrors, Wire } from './wire.ts'

const TRIES = 3
const CALL_ERRORS: CallErrors = {
  busy: () => failure('ThrottlingException', 'Rate of requests exceeds the allowed throughput.'),
  cut: () => failure('ECONNRESET', 'socket hang up'),
  unsure: () => failure('InternalServerError', 'The request could not be processed.'),
  late: () => failure('TimeoutError', 'Request timed out.'),
  timeoutMs: 6_000,
}

function failure(name: string, message: string): Error {
  return new DynamoDBServiceException({ name, message, $fault: 'server', $metadata: {} })
}

/**
 * Creates a document client.
 * @param onChange receives every change of this process when it takes effect, and the virtual time when its API call
 * began.
 */
export function documentsOf(
  process: Process,
  {
    engine,
    wire,
    chance,
    onChange,
    onRead,
  }: {
    engine: MemoryDynamo
    wire: Wire
    chance: Chance
    onChange: (change: Change, sinceMs: number) => void
    /** Receives the items of every batch and query that the process gets, and the virtual time at which DynamoDB read them. */
    onRead: (items: readonly Item[], atMs: number) => void
  },
): DocumentClient {
  const send = async (command: { readonly input: Record<string, unknown> }): Promise<unknown> => {
    // A hanging attempt may take effect long after its call ended. It still belongs to that call.
    const sinceMs = process.busySinceMs(wire.nowMs)
    for (let tried = 1; ; tried++) {
      try {
        const about = () => describe(command)
        const { answer, atMs } = await wire.attempt(process, about, wire.faults.dynamo, CALL_ERRORS, () => ({
          answer: engine.execute(command, (change) => onChange(change, sinceMs)),
          atMs: wire.nowMs,
        }))
        onRead(itemsIn(answer), atMs)
        return answer
      } catch (error) {
        if (!isRetryable(error) || tried === TRIES) throw error
        await wire.sleep(process, chance.between(20, 100 * 2 ** tried))
      }
    }
  }
  // The stores call only `send`.
  return { send } as unknown as DocumentClient
}

/** The items in the answer to a batch or a query; none in other answers. */
function itemsIn(answer: { readonly Items?: Item[]; readonly Responses?: Record<string, Item[]> }): Item[] {
  return answer.Items ?? Object.values(answer.Responses ?? {}).flat()
}

function isRetryable(error: unknown): boolean {
  return error instanceof DynamoDBServiceException && error.name !== 'ConditionalCheckFailedException'
}

/** Describes a command for a history: `Update main/2`, `Put <session>/session`. */
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
