/** Requests that only kubectl sends: bodies in protobuf, evictions, reviews, the OpenAPI documents, and changes of the node. */

import { expect, it } from 'vitest'
import { type Body, conditionOf, isRunning } from './_client.ts'
import { contract } from './_contract.ts'
import { KUBECTL_REQUESTS } from './_kubectl-requests.ts'

const MERGE = 'application/merge-patch+json'
const PROTOBUF = 'application/vnd.kubernetes.protobuf'
/** kubectl prefers protobuf in the response too; this engine has JSON only. */
const ACCEPT = 'application/json'

contract('requests of kubectl', { concurrent: true }, (open) => {
  it.each([
    ['create ns', { kind: 'Namespace', metadata: { name: 'demo' } }],
    ['auth can-i create', { kind: 'SelfSubjectAccessReview', status: { allowed: true } }],
    ['auth can-i get', { kind: 'SelfSubjectAccessReview', status: { allowed: true } }],
    ['auth whoami', { kind: 'SelfSubjectReview', status: { userInfo: { username: expect.any(String) } } }],
    ['debug node', { kind: 'Pod', spec: { hostNetwork: true, containers: [{ image: 'busybox' }] } }],
  ])('accepts the protobuf body of kubectl %s', async (command, expected) => {
    const found = KUBECTL_REQUESTS.find((one) => one.command.startsWith(command))
    const [path, query] = found?.path.split('?') ?? []
    const answer = await open().call('POST', `${path}?${query ?? ''}&dryRun=All`, {
      body: Buffer.from(found?.body ?? '', 'base64'),
      type: PROTOBUF,
      accept: ACCEPT,
    })
    expect(answer.status).toBe(201)
    expect(answer.body).toMatchObject(expected)
  })

  it.each([
    ['garbage', 'the object provided is unrecognized (must be of type Namespace): provided data'],
    [
      'k8s\0garbage',
      'the object provided is unrecognized (must be of type Namespace): proto: illegal wireType 7',
    ],
    ['k8s\0\n\x09\n\x02v1\x12\x03Pod', 'Pod in version "v1" cannot be handled as a Namespace: '],
    [
      'k8s\0\n\x0f\n\x02v1\x12\x09Namespace\x12\x02\n\x7f',
      'Namespace in version "v1" cannot be handled as a Namespace: unexpected EOF',
    ],
  ])('answers 400 to the protobuf body %j', async (body, message) => {
    const answer = await open().call('POST', '/api/v1/namespaces', { body, type: PROTOBUF })
    expect(answer.status).toBe(400)
    expect(answer.body.message).toContain(message)
  })

  it('answers 406 to a client that does not accept JSON', async () => {
    const { body } = await open().call('GET', '/api/v1/namespaces', { accept: 'application/xml' })
    expect(body).toMatchObject({ reason: 'NotAcceptable', code: 406 })
    expect(body.message).toMatch(/^406: Not Acceptable\n\nAvailable representations: application\/json/)
  })

  it('answers 422 to a review without a question', async () => {
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
    const { status, body } = await open().call('POST', path, { body: { spec: {} } })
    expect(status).toBe(422)
    expect(body.message).toContain('exactly one of nonResourceAttributes or resourceAttributes must be')
    expect((await open().call('GET', path)).status).toBe(405)
  })

  it('publishes OpenAPI documents that name the merge keys and the validation of fields', async () => {
    const client = open()
    const { paths } = JSON.parse((await client.call('GET', '/openapi/v3')).text)
    const { text } = await client.call('GET', paths['apis/batch/v1'].serverRelativeURL)
    const document = JSON.parse(text)
    const { patch } = document.paths['/apis/batch/v1/namespaces/{namespace}/jobs/{name}']
    expect(patch['x-kubernetes-group-version-kind']).toEqual({ group: 'batch', kind: 'Job', version: 'v1' })
    expect(patch.parameters).toContainEqual(expect.objectContaining({ name: 'fieldValidation', in: 'query' }))
    const { schemas } = document.components
    expect(schemas['io.k8s.api.batch.v1.Job'].properties.spec.allOf).toEqual([
      { $ref: '#/components/schemas/io.k8s.api.batch.v1.JobSpec' },
    ])
    const { containers, dnsPolicy } = schemas['io.k8s.api.core.v1.PodSpec'].properties
    expect(containers).toMatchObject({ type: 'array', 'x-kubernetes-patch-merge-key': 'name' })
    expect(dnsPolicy.type).toBe('string')
  })

  it('evicts a pod by its grace period, with a condition, and the Job replaces it', async () => {
    const client = open()
    await client.createJob('evicted')
    const pod = await client.podLogging('evicted', 'listening')
    const { name, uid } = pod.metadata
    const path = `${client.paths.pods}/${name}/eviction`
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } }
    const post = async (body: unknown, query = ''): Promise<Body> =>
      (await client.call('POST', `${path}${query}`, { body })).body
    expect(await post({ ...eviction, metadata: { name: 'other' } })).toMatchObject({
      code: 400,
      message: 'name in URL does not match name in Eviction object',
    })
    expect(await post({ ...eviction, deleteOptions: { preconditions: { uid: 'x' } } })).toMatchObject({
      code: 409,
      message: `Operation cannot be fulfilled on Pod "${name}": the UID in the precondition (x) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    })
    expect(await post(eviction, '?dryRun=All')).toMatchObject({ status: 'Success' })
    const untouched = await client.pod('evicted', 'running', isRunning)
    expect(conditionOf(untouched, 'DisruptionTarget')).toBeUndefined()
    const seen = client.watchPodsOf('evicted', (events) =>
      events.some(({ type, object }) => type === 'DELETED' && object.metadata.name === name),
    )
    expect(await post(eviction)).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      code: 201,
    })
    const last = (await seen).at(-1)?.object
    expect(last && conditionOf(last, 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    })
    expect((await seen).some(({ object }) => object.metadata.deletionGracePeriodSeconds === 5)).toBe(true)
    expect(await post(eviction)).toMatchObject({ code: 404, message: `pods "${name}" not found` })
    expect((await client.call('GET', path)).status).toBe(405)
    const next = await client.pod('evicted', 'running', isRunning)
    expect(next.metadata.uid).not.toBe(uid)
    await client.removeJob('evicted')
  })

  it('ends a pod with restartPolicy Never when its image changes', async () => {
    const client = open()
    await client.createJob('changed', { spec: { backoffLimit: 0 } })
    const pod = await client.podLogging('changed', 'listening')
    const path = `${client.paths.pods}/${pod.metadata.name}`
    const patch = { spec: { containers: [{ name: 'echo', image: 'none.invalid/none:1' }] } }
    const type = 'application/strategic-merge-patch+json'
    expect((await client.call('PATCH', path, { body: patch, type })).status).toBe(200)
    await client.pod('changed', 'failed', ({ status }) => status.phase === 'Failed')
    await client.removeJob('changed')
  })

  it('gives a Job without labels those of its template', async () => {
    const client = open()
    const { metadata, ...rest } = client.manifest('bare', { spec: { suspend: true } })
    await client.call('POST', client.paths.jobs, { body: { ...rest, metadata: { name: metadata.name } } })
    const { labels } = (await client.job('bare')).metadata
    expect(labels).toMatchObject({ suite: 'contract', 'job-name': 'bare' })
    await client.removeJob('bare')
  })

  it.each([
    [
      [{ key: 'a', effect: 'Bogus' }],
      'metadata.taints[0].effect: Unsupported value: "Bogus": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
    [
      [
        { key: 'a', effect: 'NoSchedule' },
        { key: 'a', effect: 'NoSchedule' },
      ],
      'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
    ],
    [[{ effect: 'NoSchedule' }], 'metadata.taints[0].key: Invalid value: "": name part must be non-empty'],
  ])('refuses the taints %j', async (taints, message) => {
    const client = open()
    const { items } = (await client.call('GET', '/api/v1/nodes')).body
    const path = `/api/v1/nodes/${items[0]?.metadata.name}?dryRun=All`
    const answer = await client.call('PATCH', path, { body: { spec: { taints } }, type: MERGE })
    expect(answer.status).toBe(422)
    expect(answer.body.message).toContain(message)
  })

  it('accepts a cordon and a taint in a dry run, and changes nothing', async () => {
    const client = open()
    const { items } = (await client.call('GET', '/api/v1/nodes')).body
    const path = `/api/v1/nodes/${items[0]?.metadata.name}`
    const spec = { unschedulable: true, taints: [{ key: 'a', value: 'b', effect: 'NoSchedule' }] }
    const answer = await client.call('PATCH', `${path}?dryRun=All`, { body: { spec }, type: MERGE })
    expect(answer.body).toMatchObject({ kind: 'Node', spec })
    expect((await client.call('GET', path)).body.spec).not.toMatchObject({ unschedulable: true })
  })
})
