import { poolTable, sessionsTable, TTL_ATTRIBUTE } from '../../packages/functions/src/store/tables.ts'
import type { Settings } from '../settings/settings.ts'

/** The two tables. Keys and indexes are the functions' own definition, so the code and the tables cannot disagree. */
export function data(s: Settings) {
  return { pool: table('Pool', poolTable, s), sessions: table('Sessions', sessionsTable, s) }
}
export type Data = ReturnType<typeof data>

function table(id: string, define: typeof poolTable, s: Settings) {
  // A name that a person finds in the console.
  const name = `${$app.name}-${s.stage}-${id.toLowerCase()}`
  const { AttributeDefinitions = [], KeySchema = [], GlobalSecondaryIndexes = [] } = define(name)
  const keyOf = (schema: typeof KeySchema, kind: string) =>
    schema.find(({ KeyType }) => KeyType === kind)?.AttributeName
  return new aws.dynamodb.Table(
    id,
    {
      name,
      billingMode: 'PAY_PER_REQUEST',
      attributes: AttributeDefinitions.map(({ AttributeName = '', AttributeType = 'S' }) => ({
        name: AttributeName,
        type: AttributeType,
      })),
      hashKey: keyOf(KeySchema, 'HASH'),
      rangeKey: keyOf(KeySchema, 'RANGE'),
      globalSecondaryIndexes: GlobalSecondaryIndexes.map(
        ({ IndexName, KeySchema: keys = [], Projection }) => ({
          name: IndexName ?? '',
          hashKey: keyOf(keys, 'HASH'),
          rangeKey: keyOf(keys, 'RANGE'),
          projectionType: Projection?.ProjectionType ?? 'ALL',
        }),
      ),
      ttl: { attributeName: TTL_ATTRIBUTE, enabled: true },
      pointInTimeRecovery: { enabled: true },
      // AWS' own key for DynamoDB: no monthly price, and its use shows in CloudTrail.
      serverSideEncryption: { enabled: true },
      deletionProtectionEnabled: s.production,
    },
    { retainOnDelete: s.production },
  )
}
