/** The Jobs of the pool in a cluster, seen from outside of refill: before it starts and after it has ended. */
import { OURS } from '@warm-pods/core/identity/names.ts'
import type { Access, As } from './api-client.ts'

export interface PoolJobs {
  /** Names of Jobs that carry the product's label. */
  names(): Promise<string[]>
  /** Deletes every one of them, with its pods. @returns how many there were. */
  takeBack(): Promise<number>
}

/** @throws Error when the API server does not say. */
export function poolJobs(access: Access, as: As, namespace: string): PoolJobs {
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`
  async function names(): Promise<string[]> {
    const { status, body } = await access.call('GET', `${jobs}?labelSelector=${encodeURIComponent(OURS)}`, {
      as,
    })
    if (status !== 200) throw new Error(`The Jobs in ${namespace} cannot be listed: ${status}.`)
    const { items = [] } = body as { items?: readonly { metadata: { name: string } }[] } // A JobList.
    return items.map(({ metadata }) => metadata.name)
  }
  return {
    names,
    async takeBack() {
      const there = await names()
      await Promise.all(
        there.map((name) =>
          // Without the policy their pods would run on, without an owner.
          access.call('DELETE', `${jobs}/${name}`, { as, body: { propagationPolicy: 'Background' } }),
        ),
      )
      return there.length
    },
  }
}

/** Those of `jobs` that no row of these tables names. */
export async function unknownJobs(
  jobs: readonly string[],
  { dynamodb, tables }: { readonly dynamodb: string; readonly tables: readonly string[] },
): Promise<string[]> {
  if (jobs.length === 0) return []
  // Loaded when it is needed: a start without a cluster has no use for the client.
  const { DynamoDBClient, ScanCommand } = await import('@aws-sdk/client-dynamodb')
  const client = new DynamoDBClient({
    endpoint: dynamodb,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  try {
    let known = ''
    for (const table of tables) {
      let from: Record<string, unknown> | undefined
      do {
        const page = await client.send(
          new ScanCommand({ TableName: table, ...(from ? { ExclusiveStartKey: from as never } : {}) }),
        )
        known += JSON.stringify(page.Items ?? [])
        from = page.LastEvaluatedKey
      } while (from)
    }
    return jobs.filter((job) => !known.includes(`"${job}"`))
  } finally {
    client.destroy()
  }
}
