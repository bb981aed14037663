/** The service of the database. */
import { poolTable, sessionsTable, TTL_ATTRIBUTE } from '@warm-pods/functions/store/tables.ts'
import { startDynamodb } from '../dynamodb/dynamodb.ts'
import { runService } from '../supervisor/run-service.ts'

export interface DynamodbSettings {
  readonly port: number
  readonly path: string
  readonly poolTable: string
  readonly sessionsTable: string
}

await runService(async (settings: DynamodbSettings) => {
  const database = await startDynamodb({
    port: settings.port,
    path: settings.path,
    tables: [poolTable(settings.poolTable), sessionsTable(settings.sessionsTable)],
    ttlAttribute: TTL_ATTRIBUTE,
  })
  const { kept, lost } = database
  return { ready: { kept, lost }, close: async () => database[Symbol.asyncDispose]() }
})
