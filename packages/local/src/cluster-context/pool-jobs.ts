/** The Jobs of the pool in the user's cluster, for `npm start` before refill starts and after it has stopped. */
import { OURS } from '@warm-pods/core/identity/names.ts'
import { type ApiClient, type Impersonation, statusText } from './api-client.ts'

export interface PoolJobs {
  /** @returns the names of the Jobs with the product's label. */
  names(): Promise<string[]>
  /** Deletes these Jobs with their pods. @returns how many there were. */
  deleteAll(): Promise<number>
}

/** Its methods throw an error when the API server does not answer or refuses a request. */
export function poolJobs(client: ApiClient, impersonation: Impersonation, namespace: string): PoolJobs {
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`
  async function names(): Promise<string[]> {
    const path = `${jobs}?labelSelector=${encodeURIComponent(OURS)}`
    const response = await client.call('GET', path, { impersonation })
    if (response.status !== 200)
      throw new Error(`The Jobs in ${namespace} cannot be listed: ${statusText(response)}`)
    const { items = [] } = response.body as { items?: readonly { metadata: { name: string } }[] } // A JobList.
    return items.map(({ metadata }) => metadata.name)
  }
  return {
    names,
    async deleteAll() {
      const existing = await names()
      await Promise.all(
        existing.map(async (name) => {
          // Without this policy, deleting a Job leaves its pods running without an owner.
          const body = { propagationPolicy: 'Background' }
          const response = await client.call('DELETE', `${jobs}/${name}`, { impersonation, body })
          if (response.status >= 400 && response.status !== 404)
            throw new Error(`The Job ${name} cannot be deleted: ${statusText(response)}`)
        }),
      )
      return existing.length
    },
  }
}

/**
 * @param dynamodb the endpoint's URL.
 * @returns the Jobs that no row of these tables references.
 * @throws the errors of DynamoDB.
 */
export async function jobsWithoutRow(
  jobs: readonly string[],
  { dynamodb, tables }: { readonly dynamodb: string; readonly tables: readonly string[] },
): Promise<string[]> {
  if (jobs.length === 0) return []
  // Loaded on demand: a start without a cluster does not need the DynamoDB client.
  const { DynamoDBClient, ScanCommand } = await import('@aws-sdk/client-dynamodb')
  const client = new DynamoDBClient({
    endpoint: dynamodb,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  try {
    let rows = ''
    for (const table of tables) {
      let from: Record<string, unknown> | undefined
      do {
        const page = await client.send(
          new ScanCommand({ TableName: table, ...(from ? { ExclusiveStartKey: from as never } : {}) }),
        )
        rows += JSON.stringify(page.Items ?? [])
        from = page.LastEvaluatedKey
      } while (from)
    }
    return jobs.filter((job) => !rows.includes(`"${job}"`))
  } finally {
    client.destroy()
  }
}
