import {
  poolTable,
  sessionsTable,
  stageTable,
  TTL_ATTRIBUTE,
} from '../../packages/functions/src/store/tables.ts'
import type { Settings } from '../settings/settings.ts'
import { rootAlias } from './root-alias.ts'

/** Creates and returns the two DynamoDB tables. Production's survive `sst remove`. */
export function createTables(settings: Settings) {
  return {
    pool: createTable('Pool', stageTable(settings.stage, 'pool'), poolTable, settings),
    sessions: createTable('Sessions', stageTable(settings.stage, 'sessions'), sessionsTable, settings),
  }
}
export type Tables = ReturnType<typeof createTables>

const FIELD_TYPES = { S: 'string', N: 'number', B: 'binary' } as const

/** Keys and indexes come from the definition that the functions use, so code and table cannot differ. */
function createTable(id: string, name: string, define: typeof poolTable, settings: Settings): sst.aws.Dynamo {
  const { AttributeDefinitions = [], KeySchema = [], GlobalSecondaryIndexes = [] } = define(name)
  return new sst.aws.Dynamo(id, {
    fields: Object.fromEntries(
      AttributeDefinitions.map(({ AttributeName = '', AttributeType = 'S' }) => [
        AttributeName,
        FIELD_TYPES[AttributeType],
      ]),
    ),
    primaryIndex: keysOf(KeySchema),
    globalIndexes: Object.fromEntries(
      GlobalSecondaryIndexes.map(({ IndexName = '', KeySchema: keys, Projection }) => [
        IndexName,
        { ...keysOf(keys), projection: Projection?.ProjectionType === 'KEYS_ONLY' ? 'keys-only' : 'all' },
      ]),
    ),
    ttl: TTL_ATTRIBUTE,
    deletionProtection: settings.production,
    transform: {
      table: (table, options) => {
        // Without a name of ours SST would add a random suffix, and the deployed table would be replaced.
        table.name = name
        // AWS' own key for DynamoDB: no monthly price, and CloudTrail records its use.
        table.serverSideEncryption = { enabled: true }
        // SST's default is AWS' own. A table deployed before the component has neither, so this leaves it unchanged.
        delete table.streamEnabled
        delete table.streamViewType
        options.retainOnDelete = settings.production
        options.aliases = [rootAlias(id)]
        return undefined
      },
    },
  })
}

function keysOf(schema: ReturnType<typeof poolTable>['KeySchema']): { hashKey: string; rangeKey?: string } {
  const attributeOf = (kind: 'HASH' | 'RANGE') =>
    schema?.find(({ KeyType }) => KeyType === kind)?.AttributeName
  const rangeKey = attributeOf('RANGE')
  return { hashKey: attributeOf('HASH') ?? '', ...(rangeKey ? { rangeKey } : {}) }
}
