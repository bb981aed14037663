/** The two quotas: `count/jobs.batch` refuses the Job, `pods` refuses its pod. */

import { expect, it } from 'vitest'
import { type Client, isRunning } from './_client.ts'
import { contract } from './_contract.ts'

/** Creates a separate namespace, because a quota counts all objects in it. */
async function withQuota(client: Client, name: string, hard: Record<string, string>) {
  const namespace = `${client.namespace}-${name}`
  await client.call('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } })
  const quotas = `/api/v1/namespaces/${namespace}/resourcequotas`
  await client.call('POST', quotas, { body: { metadata: { name: 'cap' }, spec: { hard } } })
  const quota = `${quotas}/cap`
  await client.until('the quota to be counted', async () => {
    const { used } = (await client.call('GET', quota)).body.status
    return used ? true : undefined
  })
  const inside = client.in(namespace)
  return {
    inside,
    quota,
    [Symbol.asyncDispose]: async () => {
      await client.call('DELETE', `/api/v1/namespaces/${namespace}`)
    },
  }
}

contract('quotas', { concurrent: true }, (open) => {
  it('refuses a Job over count/jobs.batch with 403, and counts finished Jobs until they are deleted', async () => {
    const client = open()
    await using place = await withQuota(client, 'jobs', { 'count/jobs.batch': '1' })
    const { inside, quota } = place
    expect((await inside.createJob('first', { env: { EXIT_AFTER_MS: '10', EXIT_CODE: '0' } })).status).toBe(
      201,
    )
    const refused = await inside.createJob('second')
    expect(refused.status).toBe(403)
    expect(refused.body).toMatchObject({
      reason: 'Forbidden',
      message:
        'jobs.batch "second" is forbidden: exceeded quota: cap, requested: count/jobs.batch=1, used: count/jobs.batch=1, limited: count/jobs.batch=1',
      details: { name: 'second', group: 'batch', kind: 'jobs' },
    })
    expect((await client.call('GET', quota)).body.status).toEqual({
      hard: { 'count/jobs.batch': '1' },
      used: { 'count/jobs.batch': '1' },
    })
    await inside.jobThat('first', 'complete', ({ status }) => status.succeeded === 1)
    expect((await inside.createJob('second')).status).toBe(403)
    await inside.removeJob('first')
    await client.until('the quota to be free again', async () =>
      (await client.call('GET', quota)).body.status.used?.['count/jobs.batch'] === '0' ? true : undefined,
    )
    expect((await inside.createJob('second')).status).toBe(201)
  })

  it('reports a full quota before a name that is taken', async () => {
    const client = open()
    await using place = await withQuota(client, 'both', { 'count/jobs.batch': '1' })
    await place.inside.createJob('taken')
    expect((await place.inside.createJob('taken')).status).toBe(403)
  })

  it('accepts a Job over the limit of pods, reports it only by events, and retries until there is room', async () => {
    const client = open()
    await using place = await withQuota(client, 'pods', { pods: '1' })
    const { inside } = place
    await inside.createJob('fed')
    await inside.pod('fed', 'running', isRunning)
    expect((await inside.createJob('starved')).status).toBe(201)
    const event = await inside.eventThat(
      'starved',
      'of the refusal',
      ({ reason }) => reason === 'FailedCreate',
    )
    expect(event).toMatchObject({ type: 'Warning' })
    expect(event.message).toMatch(
      /^Error creating: pods "starved-\w{5}" is forbidden: exceeded quota: cap, requested: pods=1, used: pods=1, limited: pods=1$/,
    )
    expect((await inside.job('starved')).status.active).toBeUndefined()
    await inside.removeJob('fed')
    await inside.pod('starved', 'running at last', isRunning)
  })
})
