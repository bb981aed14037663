/** The responses of the API: one test for each call of the product, and for each error that it handles. */

import { expect, it } from 'vitest'
import { type Body, isRunning } from './_client.ts'
import { contract } from './_contract.ts'

const MERGE = 'application/merge-patch+json'
const STRATEGIC = 'application/strategic-merge-patch+json'
const JSON_PATCH = 'application/json-patch+json'

contract('the API answers', { concurrent: false }, (open) => {
  const failure = (code: number, reason: string) => ({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code,
    reason,
  })
  const suspended = { spec: { suspend: true } }

  it('answers 409 AlreadyExists to a name that exists', async () => {
    const client = open()
    await client.createJob('taken', suspended)
    const { status, body } = await client.createJob('taken', suspended)
    expect(status).toBe(409)
    expect(body).toEqual({
      ...failure(409, 'AlreadyExists'),
      metadata: {},
      message: 'jobs.batch "taken" already exists',
      details: { name: 'taken', group: 'batch', kind: 'jobs' },
    })
    await client.removeJob('taken')
  })

  it('answers 422 Invalid to a bad name, with its causes', async () => {
    const { status, body } = await open().createJob('Bad_Name')
    expect(status).toBe(422)
    expect(body).toMatchObject({
      ...failure(422, 'Invalid'),
      details: { name: 'Bad_Name', group: 'batch', kind: 'Job' },
    })
    expect(body.message).toMatch(
      /^Job\.batch "Bad_Name" is invalid: metadata\.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain/,
    )
    expect(body.details.causes).toHaveLength(1)
    expect(body.details.causes[0]).toMatchObject({ reason: 'FieldValueInvalid', field: 'metadata.name' })
  })

  it('answers 422 to a Job whose name is too long for its labels', async () => {
    const { status, body } = await open().createJob('a'.repeat(64))
    expect(status).toBe(422)
    expect(body.message).toContain('spec.template.labels: Invalid value')
    expect(body.message).toContain('must be no more than 63 bytes')
  })

  it.each(['-starts-with-a-dash', 'ends-with-a-dot.', 'has space', 'x'.repeat(64), 'ü'])(
    'answers 422 to the label value %j',
    async (value) => {
      const { status, body } = await open().createJob('labelled', { labels: { 'session-id': value } })
      expect(status).toBe(422)
      expect(body.details.causes.map(({ field }) => field)).toContain('metadata.labels')
    },
  )

  it.each(['', 'a', 'A-b_c.9', 'x'.repeat(63)])('accepts the label value %j', async (value) => {
    const client = open()
    const body = client.manifest('labelled', { labels: { 'session-id': value } })
    expect((await client.call('POST', `${client.paths.jobs}?dryRun=All`, { body })).status).toBe(201)
  })

  it('answers 422 to a Job without containers, and names the other missing fields', async () => {
    const client = open()
    const { status, body } = await client.call('POST', client.paths.jobs, { body: {} })
    expect(status).toBe(422)
    expect(body.message).toBe(
      'Job.batch "" is invalid: [metadata.name: Required value: name or generateName is required, spec.template.spec.containers: Required value, spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"]',
    )
  })

  it('answers 400 to an unknown field with strict field validation', async () => {
    const client = open()
    const body = {
      ...client.manifest('strict'),
      spec: { ...client.manifest('strict').spec, x: 1, y: { z: 2 } },
    }
    const answer = await client.call('POST', `${client.paths.jobs}?fieldValidation=Strict`, { body })
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject(failure(400, 'BadRequest'))
    expect(answer.body.message).toBe(
      'Job in version "v1" cannot be handled as a Job: strict decoding error: unknown field "spec.x", unknown field "spec.y"',
    )
  })

  it('warns of an unknown field otherwise, and drops it', async () => {
    const client = open()
    const body = { ...client.manifest('lenient'), spec: { ...client.manifest('lenient').spec, x: 1 } }
    const answer = await client.call('POST', `${client.paths.jobs}?dryRun=All`, { body })
    expect(answer.status).toBe(201)
    expect(answer.warning).toBe('299 - "unknown field \\"spec.x\\""')
    expect(answer.body.spec).not.toHaveProperty('x')
    const silent = await client.call('POST', `${client.paths.jobs}?dryRun=All&fieldValidation=Ignore`, {
      body,
    })
    expect(silent.warning).toBeNull()
  })

  it('stores nothing for a create with dryRun', async () => {
    const client = open()
    const answer = await client.call('POST', `${client.paths.jobs}?dryRun=All`, {
      body: client.manifest('tried'),
    })
    expect(answer.status).toBe(201)
    expect(answer.body.metadata.uid).toBeTruthy()
    expect((await client.call('GET', `${client.paths.jobs}/tried`)).status).toBe(404)
  })

  it('fills in the defaults of a Job', async () => {
    const client = open()
    const { body } = await client.call('POST', `${client.paths.jobs}?dryRun=All`, {
      body: client.manifest('defaults'),
    })
    expect(body.spec).toMatchObject({
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': body.metadata.uid } },
    })
    expect(body.spec.template.spec).toMatchObject({
      dnsPolicy: 'ClusterFirst',
      schedulerName: 'default-scheduler',
      containers: [{ imagePullPolicy: 'IfNotPresent', terminationMessagePath: '/dev/termination-log' }],
    })
    expect(body.metadata.generation).toBe(1)
  })

  it.each(['GET', 'DELETE', 'PATCH'])(
    'answers 404 NotFound to %s of an object that does not exist',
    async (method) => {
      const client = open()
      const patch = method === 'PATCH' ? { body: {}, type: MERGE } : {}
      const { status, body } = await client.call(method, `${client.paths.jobs}/nothing`, patch)
      expect(status).toBe(404)
      expect(body).toEqual({
        ...failure(404, 'NotFound'),
        metadata: {},
        message: 'jobs.batch "nothing" not found',
        details: { name: 'nothing', group: 'batch', kind: 'jobs' },
      })
    },
  )

  it('answers 404 to a create in a namespace that does not exist', async () => {
    const client = open()
    const { status, body } = await client.call('POST', '/apis/batch/v1/namespaces/nowhere/jobs', {
      body: client.manifest('lost'),
    })
    expect(status).toBe(404)
    expect(body.message).toBe('namespaces "nowhere" not found')
  })

  it.each([MERGE, STRATEGIC])('patches the labels of a Job and of a pod with %s', async (type) => {
    const client = open()
    await client.createJob('patched', { labels: { assigned: 'false', old: 'x' } })
    const pod = await client.pod('patched', 'running', isRunning)
    const patch = { metadata: { labels: { assigned: 'true', 'session-id': 'abc', old: null } } }
    for (const path of [`${client.paths.jobs}/patched`, `${client.paths.pods}/${pod.metadata.name}`]) {
      const { status, body } = await client.call('PATCH', path, { body: patch, type })
      expect(status).toBe(200)
      expect(body.metadata.labels).toMatchObject({ assigned: 'true', 'session-id': 'abc', suite: 'contract' })
      expect(body.metadata.labels).not.toHaveProperty('old')
    }
    await client.removeJob('patched')
    await client.until('its pods to be removed', async () =>
      (await client.podsOf('patched')).length === 0 ? true : undefined,
    )
  })

  it('applies a JSON patch whose test holds, and answers 422 to one whose test fails', async () => {
    const client = open()
    await client.createJob('tested', { ...suspended, labels: { assigned: 'false' } })
    const path = `${client.paths.jobs}/tested`
    const claim = [
      { op: 'test', path: '/metadata/labels/assigned', value: 'false' },
      { op: 'replace', path: '/metadata/labels/assigned', value: 'true' },
      { op: 'add', path: '/metadata/annotations', value: { 'a/b': 'c' } },
      { op: 'add', path: '/metadata/annotations/d~1e', value: 'f' },
    ]
    const first = await client.call('PATCH', path, { body: claim, type: JSON_PATCH })
    expect(first.status).toBe(200)
    expect(first.body.metadata).toMatchObject({
      labels: { assigned: 'true' },
      annotations: { 'a/b': 'c', 'd/e': 'f' },
    })
    const second = await client.call('PATCH', path, { body: claim, type: JSON_PATCH })
    expect(second.status).toBe(422)
    expect(second.body).toEqual({
      ...failure(422, 'Invalid'),
      metadata: {},
      message: 'the server rejected our request due to an error in our request',
      details: {},
    })
    await client.removeJob('tested')
  })

  it.each([
    [[{ op: 'remove', path: '/metadata/labels/none' }], 422],
    [[{ op: 'bogus', path: '/metadata' }], 422],
    [[{ op: 'add', path: '/metadata/none/x', value: 'a' }], 422],
    [{ a: 1 }, 400],
    ['[', 400],
    [[1], 400],
  ])('answers the JSON patch %j with %i', async (body, code) => {
    const client = open()
    await client.createJob('badpatch', suspended)
    expect(
      (await client.call('PATCH', `${client.paths.jobs}/badpatch`, { body, type: JSON_PATCH })).status,
    ).toBe(code)
  })

  it('answers 415 to a patch of an unknown type', async () => {
    const client = open()
    const { status, body } = await client.call('PATCH', `${client.paths.jobs}/badpatch`, { body: {} })
    expect(status).toBe(415)
    expect(body.reason).toBe('UnsupportedMediaType')
    await client.removeJob('badpatch')
  })

  it('answers 409 Conflict to a patch or an update with an old resourceVersion', async () => {
    const client = open()
    const { body: job } = await client.createJob('stale', suspended)
    const path = `${client.paths.jobs}/stale`
    const moved = await client.call('PATCH', path, {
      body: { metadata: { labels: { moved: 'yes' } } },
      type: MERGE,
    })
    expect(moved.body.metadata.resourceVersion).not.toBe(job.metadata.resourceVersion)
    const { resourceVersion } = job.metadata
    const conflict = {
      ...failure(409, 'Conflict'),
      message:
        'Operation cannot be fulfilled on jobs.batch "stale": the object has been modified; please apply your changes to the latest version and try again',
      details: { name: 'stale', group: 'batch', kind: 'jobs' },
    }
    const patch = { metadata: { resourceVersion, labels: { late: 'yes' } } }
    expect((await client.call('PATCH', path, { body: patch, type: MERGE })).body).toMatchObject(conflict)
    expect((await client.call('PUT', path, { body: job })).body).toMatchObject(conflict)
    const fresh = { ...moved.body, metadata: { ...moved.body.metadata, labels: { put: 'yes' } } }
    const put = await client.call('PUT', path, { body: fresh })
    expect(put.status === 200 || put.body.reason === 'Conflict').toBe(true)
    await client.removeJob('stale')
  })

  it('creates no new version for a write that changes nothing', async () => {
    const client = open()
    await client.createJob('same', suspended)
    await client.jobThat('same', 'stable', ({ status }) => (status.conditions?.length ?? 0) > 0)
    const path = `${client.paths.jobs}/same`
    const { body: before } = await client.call('GET', path)
    const { body: after } = await client.call('PATCH', path, {
      body: { metadata: { labels: { suite: 'contract' } } },
      type: MERGE,
    })
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion)
    await client.removeJob('same')
  })

  it('answers 422 to a change of the template of a Job: field is immutable', async () => {
    const client = open()
    await client.createJob('fixed', { spec: { suspend: false } })
    const body = { spec: { template: { metadata: { labels: { assigned: 'true' } } } } }
    const answer = await client.call('PATCH', `${client.paths.jobs}/fixed`, { body, type: MERGE })
    expect(answer.status).toBe(422)
    expect(answer.body.reason).toBe('Invalid')
    expect(answer.body.message).toMatch(
      /^Job\.batch "fixed" is invalid: spec\.template: Invalid value: .*: field is immutable$/s,
    )
    expect(answer.body.details.causes[0]?.field).toBe('spec.template')
    const completions = await client.call('PATCH', `${client.paths.jobs}/fixed`, {
      body: { spec: { completions: 3 } },
      type: MERGE,
    })
    expect(completions.body.message).toBe(
      'Job.batch "fixed" is invalid: spec.completions: Invalid value: 3: field is immutable',
    )
    await client.removeJob('fixed')
  })

  it('answers 422 to a change of the spec of a pod', async () => {
    const client = open()
    await client.createJob('podspec')
    const pod = await client.pod('podspec', 'running', isRunning)
    const answer = await client.call('PATCH', `${client.paths.pods}/${pod.metadata.name}`, {
      body: { spec: { restartPolicy: 'Always' } },
      type: MERGE,
    })
    expect(answer.status).toBe(422)
    expect(answer.body.message).toContain(
      'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`',
    )
    await client.removeJob('podspec')
  })

  it('ignores the status in a patch of the object, and labels in a patch of the status', async () => {
    const client = open()
    await client.createJob('halves', suspended)
    await client.jobThat('halves', 'stable', ({ status }) => (status.conditions?.length ?? 0) > 0)
    const path = `${client.paths.jobs}/halves`
    const main = await client.call('PATCH', path, { body: { status: { failed: 7 } }, type: MERGE })
    expect(main.status).toBe(200)
    expect(main.body.status.failed).toBeUndefined()
    await client.removeJob('halves')
  })

  it('refuses pods that are not restricted in a namespace that enforces it, and names every violation', async () => {
    const client = open()
    const name = `${client.namespace}-restricted`
    const enforce = { 'pod-security.kubernetes.io/enforce': 'restricted' }
    await client.call('POST', '/api/v1/namespaces', { body: { metadata: { name, labels: enforce } } })
    const pods = `/api/v1/namespaces/${name}/pods?dryRun=All`
    const { spec } = client.manifest('loose').spec.template
    const loose = await client.until('the namespace to be usable', async () => {
      const answer = await client.call('POST', pods, { body: { metadata: { name: 'loose' }, spec } })
      return answer.body.message?.includes('PodSecurity') ? answer : undefined
    })
    expect(loose.status).toBe(403)
    expect(loose.body.message).toBe(
      'pods "loose" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "echo" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "echo" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "echo" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "echo" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    )
    const [container] = spec.containers
    const securityContext = {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    }
    const tight = { ...spec, containers: [{ ...container, securityContext }] }
    expect(
      (await client.call('POST', pods, { body: { metadata: { name: 'tight' }, spec: tight } })).status,
    ).toBe(201)
    await client.call('DELETE', `/api/v1/namespaces/${name}`)
  })

  it.each([
    ['labelSelector=a%20in%20b', "unable to parse requirement: found 'b' expected: '('"],
    ['labelSelector=a%3D%3D%3Db', "unable to parse requirement: found '=', expected: identifier"],
    ['fieldSelector=bogus', "invalid selector: 'bogus'; can't understand 'bogus'"],
    ['fieldSelector=spec.x%3D1', 'field label "spec.x" not supported for Job'],
    ['limit=many', 'strconv.ParseInt: parsing "many": invalid syntax'],
  ])('answers 400 to a list with %s', async (query, message) => {
    const client = open()
    const { status, body } = await client.call('GET', `${client.paths.jobs}?${query}`)
    expect(status).toBe(400)
    expect(body).toMatchObject({ ...failure(400, 'BadRequest'), message })
  })

  it.each([
    ['pool=warm', ['one', 'two']],
    ['pool==warm,assigned!=true', ['one']],
    ['pool', ['one', 'two']],
    ['!pool', ['three']],
    ['pool in (warm,cold)', ['one', 'two']],
    ['pool notin (warm)', ['three']],
    ['assigned in (true)', ['two']],
    ['pool=', []],
  ])('selects by labels with %j', async (selector, expected) => {
    const client = open()
    for (const [name, labels] of [
      ['one', { pool: 'warm', assigned: 'false' }],
      ['two', { pool: 'warm', assigned: 'true' }],
      ['three', { select: 'me' }],
    ] as const)
      await client.createJob(name, { ...suspended, labels: { ...labels, select: 'me' } })
    const query = encodeURIComponent(`select=me,${selector}`)
    const { body } = await client.call('GET', `${client.paths.jobs}?labelSelector=${query}`)
    expect(body.items.map(({ metadata }) => metadata.name).toSorted()).toEqual(expected.toSorted())
  })

  it('selects by fields, and lists objects of all namespaces', async () => {
    const client = open()
    const { body } = await client.call(
      'GET',
      `/apis/batch/v1/jobs?fieldSelector=metadata.name%3Done,metadata.namespace%3D${client.namespace}`,
    )
    expect(body).toMatchObject({ kind: 'JobList', apiVersion: 'batch/v1' })
    expect(body.items.map(({ metadata }) => metadata.name)).toEqual(['one'])
    expect(body.items[0]?.kind).toBeUndefined()
    const none = await client.call(
      'GET',
      `${client.paths.pods}?fieldSelector=status.phase%3DRunning,spec.nodeName%3Dnowhere`,
    )
    expect(none.body.items).toEqual([])
  })

  it('lists in pages: a token, and no remaining count with a selector', async () => {
    const client = open()
    const query = `${client.paths.jobs}?limit=2&labelSelector=select%3Dme`
    const first = (await client.call('GET', query)).body
    expect(first.items).toHaveLength(2)
    expect(first.metadata.continue).toBeTruthy()
    expect(first.metadata.remainingItemCount).toBeUndefined()
    const token = encodeURIComponent(first.metadata.continue ?? '')
    const second = (await client.call('GET', `${query}&continue=${token}`)).body
    expect(second.metadata.continue ?? '').toBe('')
    const names = [...first.items, ...second.items].map(({ metadata }) => metadata.name)
    expect(names).toEqual(['one', 'three', 'two'])
    const plain = (await client.call('GET', `${client.paths.jobs}?limit=1`)).body
    expect(plain.metadata.remainingItemCount).toBeGreaterThanOrEqual(2)
    await client.call('DELETE', `${client.paths.jobs}?labelSelector=select%3Dme&propagationPolicy=Background`)
  })

  it.each([
    ['GET', '/api/v1/nope', 404],
    ['GET', '/apis/batch/v2', 404],
    ['GET', '/api/v1/namespaces/default/pods/a/b/c', 404],
    ['GET', '/api/v1/namespaces/default/pods/a%2fb', 404],
    ['PUT', '/apis/batch/v1/namespaces/default/jobs', 405],
    ['POST', '/apis/batch/v1/namespaces/default/jobs/x', 405],
    ['POST', '/apis/batch/v1/jobs', 405],
    ['DELETE', '/version', 405],
  ])('answers %s %s with a Status %i', async (method, path, code) => {
    const { status, body } = await open().call(
      method,
      path,
      method === 'PUT' || method === 'POST' ? { body: {} } : {},
    )
    expect(status).toBe(code)
    expect(body).toMatchObject({ kind: 'Status', status: 'Failure', code })
  })

  it.each([
    '{bad',
    '[]',
    '',
    '{"kind":"Pod","apiVersion":"v1"}',
    '{"spec":{"backoffLimit":"a"}}',
    '{"metadata":{"labels":{"a":1}}}',
  ])('answers 400 to the body %j', async (body) => {
    const client = open()
    const answer = await client.call('POST', client.paths.jobs, { body })
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject(failure(400, 'BadRequest'))
  })

  it('answers 415 to a body whose content type is not JSON', async () => {
    const client = open()
    const { status, body } = await client.call('POST', client.paths.jobs, { body: '{}', type: 'text/plain' })
    expect(status).toBe(415)
    expect(body.reason).toBe('UnsupportedMediaType')
  })

  it('returns the log of a pod: whole, its tail, with times, and followed to the end', async () => {
    const client = open()
    await client.createJob('chatty', { env: { CHATTER_MS: '20', EXIT_AFTER_MS: '1500', EXIT_CODE: '0' } })
    const pod = await client.pod('chatty', 'running', isRunning)
    const path = `${client.paths.pods}/${pod.metadata.name}/log`
    // The response ends when the container does.
    const followed = await client.call('GET', `${path}?follow=true`)
    expect(followed.type).toMatch(/^text\/plain/)
    expect(followed.text).toContain('line 40')
    const whole = (await client.call('GET', path)).text
    expect(whole).toContain('listening on port 8080\n')
    expect(whole).toContain('and this is stderr\n')
    expect((await client.call('GET', `${path}?tailLines=1`)).text).toMatch(/^line \d+\n$/)
    expect((await client.call('GET', `${path}?timestamps=true&tailLines=1`)).text).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z line \d+\n$/,
    )
    expect((await client.call('GET', `${path}?limitBytes=5`)).text).toHaveLength(5)
    const wrong = await client.call('GET', `${path}?container=other`)
    expect(wrong.status).toBe(400)
    expect(wrong.body.message).toBe(`container other is not valid for pod ${pod.metadata.name}`)
    await client.removeJob('chatty')
  })

  it('returns the discovery documents, old and aggregated', async () => {
    const client = open()
    expect((await client.call('GET', '/api')).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] })
    const { body: core } = await client.call('GET', '/api/v1')
    const { body: batch } = await client.call('GET', '/apis/batch/v1')
    const rows = (body: Body) =>
      (body as unknown as { resources: { name: string; verbs: string[]; shortNames?: string[] }[] }).resources
    expect(rows(core).find(({ name }) => name === 'pods')).toMatchObject({
      kind: 'Pod',
      namespaced: true,
      shortNames: ['po'],
      singularName: 'pod',
    })
    expect(rows(core).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['pods/log', 'events', 'namespaces', 'nodes', 'resourcequotas']),
    )
    expect(rows(batch).find(({ name }) => name === 'jobs')?.verbs).toEqual([
      'create',
      'delete',
      'deletecollection',
      'get',
      'list',
      'patch',
      'update',
      'watch',
    ])
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'
    const aggregated = await client.call('GET', '/apis', { accept })
    expect(aggregated.type).toBe('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList')
    expect(aggregated.body).toMatchObject({
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
    })
    expect((await client.call('GET', '/version')).body).toMatchObject({ major: '1' })
    for (const path of ['/readyz', '/livez', '/healthz'])
      expect((await client.call('GET', path)).text).toBe('ok')
  })
})
