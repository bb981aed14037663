/** Deletion of Jobs and pods: dependents, finalizers, preconditions and grace periods. */

import { expect, it } from 'vitest'
import { type Client, isRunning } from './_client.ts'
import { contract } from './_contract.ts'

const untilRemoved = (client: Client, path: string): Promise<true> =>
  client.until(`${path} to be removed`, async () =>
    (await client.call('GET', path)).status === 404 ? true : undefined,
  )

contract('deletion', { concurrent: true }, (open) => {
  it('orphans the pods of a Job that is deleted without a propagationPolicy, and sends a warning', async () => {
    const client = open()
    await client.createJob('orphaning')
    const pod = await client.pod('orphaning', 'running', isRunning)
    const answer = await client.call('DELETE', `${client.paths.jobs}/orphaning`)
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ kind: 'Job', metadata: { finalizers: ['orphan'] } })
    expect(answer.warning).toContain('child pods are preserved by default when jobs are deleted')
    await untilRemoved(client, `${client.paths.jobs}/orphaning`)
    const left = await client.pod(
      'orphaning',
      'without an owner',
      ({ metadata }) => !metadata.ownerReferences,
    )
    expect(left.metadata.uid).toBe(pod.metadata.uid)
    expect(left.metadata.deletionTimestamp).toBeUndefined()
    expect(left.status.phase).toBe('Running')
    await client.pod('orphaning', 'untracked', ({ metadata }) => !metadata.finalizers)
    await client.call('DELETE', `${client.paths.pods}/${pod.metadata.name}`)
    await untilRemoved(client, `${client.paths.pods}/${pod.metadata.name}`)
  })

  it('with Background removes a Job at once and its pods afterwards, and returns a Status', async () => {
    const client = open()
    const { body: job } = await client.createJob('background')
    const pod = await client.pod('background', 'running', isRunning)
    // Watches from the version of the creation, so that the start time of the watch does not matter.
    const since = `resourceVersion=${job.metadata.resourceVersion}&fieldSelector=metadata.name%3Dbackground`
    const watching = client.watchUntil(`${client.paths.jobs}?watch=1&${since}`, (events) =>
      events.some(({ type }) => type === 'DELETED'),
    )
    const answer = await client.removeJob('background')
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'background', group: 'batch', kind: 'jobs', uid: job.metadata.uid },
    })
    expect(answer.warning).toBeNull()
    expect((await client.call('GET', `${client.paths.jobs}/background`)).status).toBe(404)
    // It was removed unchanged: it was never terminating.
    expect((await watching).at(-1)?.object.metadata.deletionTimestamp).toBeUndefined()
    await untilRemoved(client, `${client.paths.pods}/${pod.metadata.name}`)
  })

  it('with Foreground removes a Job only after its pods, and returns the Job', async () => {
    const client = open()
    await client.createJob('foreground', {
      env: { ON_SIGTERM: 'ignore' },
      pod: { terminationGracePeriodSeconds: 2 },
    })
    await client.podLogging('foreground', 'listening')
    const answer = await client.call('DELETE', `${client.paths.jobs}/foreground`, {
      body: { propagationPolicy: 'Foreground' },
    })
    expect(answer.body).toMatchObject({
      kind: 'Job',
      metadata: { finalizers: ['foregroundDeletion'], generation: 2, deletionGracePeriodSeconds: 0 },
    })
    expect((await client.call('GET', `${client.paths.jobs}/foreground`)).status).toBe(200)
    await untilRemoved(client, `${client.paths.jobs}/foreground`)
    expect(await client.podsOf('foreground')).toEqual([])
  })

  it('reads the policy from the query as well as from the body', async () => {
    const client = open()
    await client.createJob('query')
    const { body } = await client.call('DELETE', `${client.paths.jobs}/query?propagationPolicy=Background`)
    expect(body).toMatchObject({ kind: 'Status', status: 'Success' })
    await client.until('its pods to be removed', async () =>
      (await client.podsOf('query')).length === 0 ? true : undefined,
    )
  })

  it('answers 409 when the uid or the version differs from the preconditions', async () => {
    const client = open()
    const { body: job } = await client.createJob('guarded')
    const refuse = (path: string, preconditions: object) =>
      client.call('DELETE', path, { body: { propagationPolicy: 'Background', preconditions } })
    const other = await refuse(`${client.paths.jobs}/guarded`, { uid: 'another' })
    expect(other.status).toBe(409)
    expect(other.body).toMatchObject({
      reason: 'Conflict',
      details: { name: 'guarded', group: 'batch', kind: 'Job' },
    })
    expect(other.body.message).toBe(
      `Operation cannot be fulfilled on Job.batch "guarded": the UID in the precondition (another) does not match the UID in record (${job.metadata.uid}). The object might have been deleted and then recreated`,
    )
    const pod = await client.pod('guarded', 'running', isRunning)
    const podPath = `${client.paths.pods}/${pod.metadata.name}`
    expect((await refuse(podPath, { uid: job.metadata.uid })).status).toBe(409)
    expect((await refuse(podPath, { resourceVersion: '1' })).body.message).toContain(
      'the ResourceVersion in the precondition (1) does not match',
    )
    expect((await refuse(`${client.paths.jobs}/guarded`, { uid: job.metadata.uid })).status).toBe(200)
  })

  it('deletes nothing with dryRun', async () => {
    const client = open()
    await client.createJob('tried')
    const path = `${client.paths.jobs}/tried`
    const { status } = await client.call('DELETE', `${path}?dryRun=All&propagationPolicy=Background`)
    expect(status).toBe(200)
    expect((await client.call('GET', path)).body.metadata.deletionTimestamp).toBeUndefined()
    await client.removeJob('tried')
  })

  it('records a shorter grace period, but keeps the first one for the process', async () => {
    const client = open()
    await client.createJob('hurry', {
      env: { ON_SIGTERM: 'ignore' },
      pod: { terminationGracePeriodSeconds: 4 },
    })
    const pod = await client.podLogging('hurry', 'listening')
    const path = `${client.paths.pods}/${pod.metadata.name}`
    const from = performance.now()
    const end = async (gracePeriodSeconds?: number) =>
      (
        await client.call(
          'DELETE',
          path,
          gracePeriodSeconds === undefined ? {} : { body: { gracePeriodSeconds } },
        )
      ).body.metadata.deletionGracePeriodSeconds
    expect(await end()).toBe(4)
    expect(await end(200)).toBe(4)
    expect(await end(1)).toBe(1)
    await untilRemoved(client, path)
    expect(performance.now() - from).toBeGreaterThan(3500)
    await client.removeJob('hurry')
  })

  it('deletes a collection by its labels', async () => {
    const client = open()
    for (const name of ['many-1', 'many-2']) await client.createJob(name, { labels: { many: 'yes' } })
    await client.createJob('many-3')
    const { status, body } = await client.call(
      'DELETE',
      `${client.paths.jobs}?labelSelector=many%3Dyes&propagationPolicy=Background`,
    )
    expect(status).toBe(200)
    expect(body.items.map(({ metadata }) => metadata.name)).toEqual(['many-1', 'many-2'])
    await untilRemoved(client, `${client.paths.jobs}/many-1`)
    expect((await client.call('GET', `${client.paths.jobs}/many-3`)).status).toBe(200)
    await client.removeJob('many-3')
  })

  it('removes a namespace with all its objects, and accepts no new ones meanwhile', async () => {
    const client = open()
    const name = `${client.namespace}-ending`
    const path = `/api/v1/namespaces/${name}`
    expect((await client.call('POST', '/api/v1/namespaces', { body: { metadata: { name } } })).status).toBe(
      201,
    )
    const { body: manifest } = await client.call('POST', `${client.paths.jobs}?dryRun=All`, {
      body: client.manifest('content', {
        env: { ON_SIGTERM: 'ignore' },
        pod: { terminationGracePeriodSeconds: 2 },
      }),
    })
    expect(manifest.kind).toBe('Job')
    const jobs = `/apis/batch/v1/namespaces/${name}/jobs`
    await client.until('a Job in it', async () => {
      const body = client.manifest('content', {
        env: { ON_SIGTERM: 'ignore' },
        pod: { terminationGracePeriodSeconds: 2 },
      })
      return (await client.call('POST', jobs, { body })).status === 201 ? true : undefined
    })
    await client.until('its pod to run', async () =>
      (await client.call('GET', `/api/v1/namespaces/${name}/pods`)).body.items.some(isRunning)
        ? true
        : undefined,
    )
    const answer = await client.call('DELETE', path)
    expect(answer.body).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } })
    const late = await client.call('POST', jobs, { body: client.manifest('late') })
    expect(late.status).toBe(403)
    expect(late.body.message).toContain(
      `unable to create new content in namespace ${name} because it is being terminated`,
    )
    await untilRemoved(client, path)
  })
})
