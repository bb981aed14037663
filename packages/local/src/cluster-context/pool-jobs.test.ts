import { describe, expect, it } from 'vitest'
import type { ApiClient, ApiResponse } from './api-client.ts'
import { poolJobs } from './pool-jobs.ts'

/** The pool's Jobs behind an API server that answers like this to a list, and to each delete. */
function jobsOf(list: Partial<ApiResponse>, remove: Partial<ApiResponse> = {}) {
  const call = async (method: string) => ({
    status: 200,
    body: {},
    text: '',
    ...(method === 'GET' ? list : remove),
  })
  return poolJobs({ call } as unknown as ApiClient, 'none', 'warm-pods')
}

const two = { body: { items: [{ metadata: { name: 'warm-0' } }, { metadata: { name: 'warm-1' } }] } }
const forbidden = { status: 403, body: { message: 'jobs.batch is forbidden' } }

describe('the Jobs of the pool', () => {
  it('are deleted, also those that are gone already', async () => {
    expect(await jobsOf(two).deleteAll()).toBe(2)
    expect(await jobsOf(two, { status: 404 }).deleteAll()).toBe(2)
  })

  it('cannot be deleted or listed for a reason that the error names', async () => {
    await expect(jobsOf(two, forbidden).deleteAll()).rejects.toThrow(
      'The Job warm-0 cannot be deleted: 403 jobs.batch is forbidden',
    )
    await expect(jobsOf(forbidden).names()).rejects.toThrow(
      'The Jobs in warm-pods cannot be listed: 403 jobs.batch is forbidden',
    )
  })
})
