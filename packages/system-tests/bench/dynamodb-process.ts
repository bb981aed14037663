/** dynalite in its own process, as under `npm start`, so that its CPU time does not count as the handler's. */
import { poolTable, sessionsTable, TTL_ATTRIBUTE } from '@warm-pods/functions/store/tables.ts'
import { startDynamodb } from '@warm-pods/local/dynamodb/dynamodb.ts'

const names = process.argv.slice(2)
const tables = names.flatMap((name) => [poolTable(`Pool-${name}`), sessionsTable(`Sessions-${name}`)])
const { endpoint } = await startDynamodb({ port: 0, tables, ttlAttribute: TTL_ATTRIBUTE })
process.send?.(endpoint)
process.once('disconnect', () => process.exit())
