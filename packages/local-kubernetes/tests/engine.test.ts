/** Tests of this engine alone: it leaves no process behind, and no request of a client ends it. */

import { execFileSync } from 'node:child_process'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { startKubernetes } from '../src/engine.ts'
import { podEndpoint } from '../src/kubelet/pod-addresses.ts'
import { type Body, type Client, createClient, isReady, isRunning, terminated } from './_client.ts'
import { startLocal, type Target } from './_target.ts'

async function startClient(): Promise<{ target: Target; client: Client } & AsyncDisposable> {
  const target = await startLocal()
  return {
    target,
    client: createClient(target, 'default'),
    [Symbol.asyncDispose]: target[Symbol.asyncDispose],
  }
}

const OPTIONS = {
  host: '127.0.0.1',
  nodeName: 'node-1',
  zone: 'a',
  region: 'b',
  version: 'v1.36.3',
  command: () => undefined,
}
const pidOf = (pod: Body): number =>
  Number(pod.status.containerStatuses?.[0]?.containerID?.replace('process://', ''))
const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
const groupOf = (pid: number): string =>
  execFileSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' }).trim()

describe('closing', () => {
  it('ends every process, also one that ignores SIGTERM and a frozen one, and closes its port', async () => {
    await using engine = await startClient()
    const { client, target } = engine
    await client.createJob('polite')
    await client.createJob('stubborn', { env: { ON_SIGTERM: 'ignore' } })
    await client.createJob('frozen', { env: { FREEZE_AFTER_MS: '1' } })
    const pods = [
      await client.podLogging('polite', 'listening'),
      await client.podLogging('stubborn', 'listening'),
      await client.podLogging('frozen', 'freezing'),
    ]
    const pids = pods.map(pidOf)
    expect(pids.map(alive)).toEqual([true, true, true])
    await target[Symbol.asyncDispose]()
    expect(pids.map(alive)).toEqual([false, false, false])
    await expect(fetch(`${target.baseUrl}/readyz`)).rejects.toThrow()
    await target[Symbol.asyncDispose]()
  })

  it.runIf(process.platform !== 'win32')(
    'keeps its pods in its own process group, so that a signal to the group ends all',
    async () => {
      await using engine = await startClient()
      await engine.client.createJob('grouped')
      const pod = await engine.client.pod('grouped', 'running', isRunning)
      expect(groupOf(pidOf(pod))).toBe(groupOf(process.pid))
    },
  )

  it('closes when its signal is aborted, also in the middle of watches and followed logs', async () => {
    const stop = new AbortController()
    const kubernetes = await startKubernetes({ ...OPTIONS, port: 0, signal: stop.signal })
    const watching = await fetch(`${kubernetes.url}/api/v1/pods?watch=1`)
    stop.abort()
    await kubernetes.close()
    await expect(watching.text()).rejects.toThrow()
  })

  it('rejects when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const address = other.address()
    const port = typeof address === 'object' && address ? address.port : 0
    await expect(startKubernetes({ ...OPTIONS, port })).rejects.toThrow(/EADDRINUSE/)
    other.close()
  })
})

describe('history', () => {
  it('answers 410 to a version of an earlier process: an ERROR event for a watch, a Status for the token of a list', async () => {
    await using engine = await startClient()
    const { client } = engine
    const watched = await client.watchUntil(`${client.paths.jobs}?watch=1&resourceVersion=12`, () => false)
    expect(watched).toHaveLength(1)
    expect(watched[0]).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', code: 410, reason: 'Expired' },
    })
    expect(watched[0]?.object.message).toMatch(/^too old resource version: 12 \(\d+\)$/)
    const token = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: 12, start: '/a' })).toString(
      'base64url',
    )
    const listed = await client.call('GET', `${client.paths.jobs}?limit=1&continue=${token}`)
    expect(listed.status).toBe(410)
    expect(listed.body.reason).toBe('Expired')
  })

  it('answers 504 to a version that does not exist yet', async () => {
    await using engine = await startClient()
    const { status, body } = await engine.client.call(
      'GET',
      `${engine.client.paths.jobs}?resourceVersion=99999999999999`,
    )
    expect(status).toBe(504)
    expect(body).toMatchObject({
      reason: 'Timeout',
      details: { causes: [{ reason: 'ResourceVersionTooLarge' }] },
    })
  })
})

describe('pods', () => {
  it('have different addresses and are reachable there', async () => {
    await using engine = await startClient()
    const { client } = engine
    const seen = new Set<string>()
    for (const name of ['a', 'b', 'c']) {
      await client.createJob(name)
      const pod = await client.podLogging(name, 'listening')
      const { podIP = '' } = pod.status
      seen.add(podIP)
      const endpoint = podEndpoint(podIP)
      expect((await fetch(`http://${endpoint?.host}:${endpoint?.port}/health`)).status).toBe(200)
      await client.removeJob(name)
    }
    expect(seen.size).toBe(3)
  })

  it('stay Pending when no node fits, with the reason in their condition', async () => {
    await using engine = await startClient()
    const { client } = engine
    await client.createJob('picky', { pod: { nodeSelector: { 'kubernetes.io/arch': 'none' } } })
    const pod = await client.pod('picky', 'refused', ({ status }) => (status.conditions?.length ?? 0) > 0)
    expect(pod.status).toMatchObject({
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }],
    })
    expect((await client.eventsAbout(pod.metadata.name)).map(({ reason }) => reason)).toContain(
      'FailedScheduling',
    )
    await client.removeJob('picky')
    await client.until('it to be removed', async () =>
      (await client.podsOf('picky')).length === 0 ? true : undefined,
    )
  })

  it('wait with CreateContainerConfigError when their environment needs a Secret', async () => {
    await using engine = await startClient()
    const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'none', key: 'a' } } }]
    await engine.client.createJob('secretive', { container: { env } })
    const pod = await engine.client.pod(
      'secretive',
      'waiting',
      ({ status }) => status.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError',
    )
    const log = await engine.client.call('GET', `${engine.client.paths.pods}/${pod.metadata.name}/log`)
    expect(log.status).toBe(400)
    expect(log.body.message).toBe(
      `container "echo" in pod "${pod.metadata.name}" is waiting to start: CreateContainerConfigError`,
    )
    await engine.client.removeJob('secretive')
    await engine.client.until('it to be removed', async () =>
      (await engine.client.podsOf('secretive')).length === 0 ? true : undefined,
    )
  })

  it('fail with exit code 128 when their program does not start', async () => {
    await using kubernetes = await startKubernetes({
      ...OPTIONS,
      port: 0,
      command: () => ({ file: '/nowhere/at/all', args: [] }),
    })
    const target: Target = { ...(await startLocal()), baseUrl: kubernetes.url }
    await using _unused = target
    const client = createClient(target, 'default')
    await client.createJob('startless', { spec: { backoffLimit: 0 } })
    const pod = await client.pod('startless', 'failed', ({ status }) => status.phase === 'Failed')
    expect(terminated(pod)).toMatchObject({ exitCode: 128, reason: 'StartError' })
  })

  it('are not ready before their startup probe has passed', async () => {
    await using engine = await startClient()
    const { client } = engine
    const probe = { httpGet: { path: '/health', port: 'web' }, periodSeconds: 1 }
    const watching = client.watchUntil(`${client.paths.pods}?watch=1`, (events) =>
      events.some(({ object }) => isReady(object)),
    )
    await client.createJob('starting', {
      env: { READY_AFTER_MS: '500' },
      container: {
        ports: [{ name: 'web', containerPort: 8080 }],
        startupProbe: { ...probe, failureThreshold: 30 },
        readinessProbe: probe,
      },
    })
    const states = (await watching)
      .map(({ object }) => object.status.containerStatuses?.[0])
      .filter((status) => status?.state.running)
    expect([...new Set(states.map((status) => `${status?.started} ${status?.ready}`))]).toEqual([
      'false false',
      'true false',
      'true true',
    ])
  })

  it('restart with restartPolicy Always, and end when they are deleted', async () => {
    await using engine = await startClient()
    const { client } = engine
    const { spec } = client.manifest('bare', { env: { EXIT_AFTER_MS: '50', EXIT_CODE: '0' } }).spec.template
    await client.call('POST', client.paths.pods, {
      body: { metadata: { name: 'bare' }, spec: { ...spec, restartPolicy: 'Always' } },
    })
    const path = `${client.paths.pods}/bare`
    const pod = await client.until('two restarts', async () => {
      const { body } = await client.call('GET', path)
      return (body.status.containerStatuses?.[0]?.restartCount ?? 0) >= 2 ? body : undefined
    })
    expect(pod.status.phase).toBe('Running')
    expect((await client.call('GET', `${path}/log?previous=true`)).text).toContain('listening')
    await client.call('DELETE', path)
    await client.until('it to be removed', async () =>
      (await client.call('GET', path)).status === 404 ? true : undefined,
    )
  })
})

describe('requests of web pages', () => {
  const statusWith = (url: string, headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      const request = get(`${url}/api/v1/pods`, { headers }, (answer) => {
        answer.resume()
        resolve(answer.statusCode ?? 0)
      })
      request.on('error', reject)
    })

  it('are refused, by their Origin or by a foreign Host (DNS rebinding)', async () => {
    await using engine = await startKubernetes({ ...OPTIONS, port: 0 })
    expect(await statusWith(engine.url, {})).toBe(200)
    expect(await statusWith(engine.url, { origin: 'https://elsewhere.example' })).toBe(403)
    expect(await statusWith(engine.url, { host: 'elsewhere.example:4401' })).toBe(403)
  })
})

describe('hostile input', () => {
  it('answers 415 to a YAML body, and names only media types that it takes', async () => {
    await using engine = await startClient()
    const { client } = engine
    const post = (type: string) => client.call('POST', '/api/v1/namespaces', { body: 'a: b', type })
    const { status, body } = await post('application/yaml')
    expect(status).toBe(415)
    const types = body.message.split('accepted media types include: ')[1]?.split(', ') ?? []
    expect(types).toEqual(['application/json', 'application/vnd.kubernetes.protobuf'])
    for (const type of types) expect((await post(type)).body.reason).toBe('BadRequest')
  })

  it('answers 413 to a body over 3 MiB', async () => {
    await using engine = await startClient()
    const body = { metadata: { name: 'big', annotations: { a: 'x'.repeat(3 * 1024 * 1024) } } }
    const answer = await engine.client.call('POST', engine.client.paths.jobs, { body })
    expect(answer.status).toBe(413)
    expect(answer.body).toMatchObject({
      reason: 'RequestEntityTooLarge',
      message: 'Request entity too large: limit is 3145728',
    })
  })

  const BODIES = [
    'null',
    '1',
    '"x"',
    'true',
    '[]',
    '{}',
    '{"metadata":null}',
    '{"metadata":[]}',
    '{"metadata":{"name":{}}}',
    '{"metadata":{"labels":[]}}',
    '{"metadata":{"name":"n"},"spec":{"containers":[{"name":"a","image":"b"},null]}}',
    '{"spec":null}',
    '{"spec":[]}',
    '{"spec":{"template":null}}',
    '{"spec":{"template":{"spec":{"containers":[null]}}}}',
    '{"spec":{"template":{"spec":{"containers":[{"env":[null],"ports":[null]}]}}}}',
    '{"__proto__":{"a":1},"constructor":1}',
    '{"metadata":{"labels":{"__proto__":"x"}}}',
    '{"metadata":{"ownerReferences":[null],"finalizers":[1]}}',
    '{"spec":{"hard":{"pods":-1}}}',
    '{"spec":{"podFailurePolicy":{}}}',
    '{"spec":{"selector":null,"manualSelector":true}}',
    '{"propagationPolicy":1,"preconditions":1}',
    '{"metadata":{"deletionTimestamp":1}}',
    '{"status":[]}',
    `{"a":${'['.repeat(2000)}${']'.repeat(2000)}}`,
  ]
  const PATHS = [
    '/apis/batch/v1/namespaces/default/jobs',
    '/apis/batch/v1/namespaces/default/jobs/x',
    '/api/v1/namespaces/default/pods',
    '/api/v1/namespaces/default/pods/x',
    '/apis/batch/v1/namespaces/default/jobs/x/status',
    '/api/v1/namespaces',
    '/api/v1/namespaces/default',
    '/api/v1/namespaces/default/resourcequotas',
    '/api/v1/namespaces/default/events',
    '/api/v1/nodes',
    '/api/v1/nodes/node-1',
  ]
  it.each(['POST', 'PUT', 'DELETE'])('never answers 5xx to %s with any body', async (method) => {
    await using engine = await startClient()
    for (const path of PATHS)
      for (const body of BODIES) {
        const { status } = await engine.client.call(method, `${path}?dryRun=All`, { body })
        expect(status, `${method} ${path} ${body.slice(0, 80)}`).toBeLessThan(500)
      }
  })

  it.each([
    'application/merge-patch+json',
    'application/strategic-merge-patch+json',
    'application/json-patch+json',
  ])('never answers 5xx to a PATCH of %s', async (type) => {
    await using engine = await startClient()
    const { client } = engine
    await client.createJob('x', { spec: { suspend: true } })
    await client.call('POST', client.paths.pods, {
      body: {
        metadata: { name: 'x' },
        spec: { ...client.manifest('x').spec.template.spec, nodeSelector: { no: 'where' } },
      },
    })
    const operations = [
      '/',
      '',
      '/metadata/',
      '/metadata/labels/-',
      '/spec/template/spec/containers/9',
      '/spec/template/spec/containers/-1',
      '/__proto__/x',
      '/kind',
      '~',
      '/~2',
    ].flatMap((path) =>
      ['add', 'remove', 'replace', 'move', 'copy', 'test'].map((op) =>
        JSON.stringify([{ op, path, from: path, value: 1 }]),
      ),
    )
    for (const path of PATHS)
      for (const body of [...BODIES, ...operations]) {
        const { status } = await client.call('PATCH', path, { body, type })
        expect(status, `PATCH ${path} ${body.slice(0, 80)}`).toBeLessThan(500)
      }
  })

  it.each([
    '/%',
    '/api/v1/%zz',
    '/api/v1/namespaces/%00/pods',
    '//',
    '/api//v1',
    '/api/v1/namespaces/../pods',
    '/api/v1/pods?limit=-1&labelSelector=%00',
    '/api/v1/pods?continue=%7b%7d',
    '/apis/',
    '/api/v1/namespaces/default/pods/x/log?tailLines=x',
  ])('answers a GET of %s below 500', async (path) => {
    await using engine = await startClient()
    expect((await fetch(engine.target.baseUrl + path)).status).toBeLessThan(500)
  })
})

describe('a time beyond the longest timer of Node, 24.8 days', () => {
  const LONG_S = 3_000_000
  const half = () => new Promise((resolve) => setTimeout(resolve, 500))

  it('does not end a pod at once: its deadline, its grace period and the delay of its probe', async () => {
    await using engine = await startClient()
    const { client } = engine
    await client.createJob('long', {
      env: { ON_SIGTERM: 'ignore' },
      pod: { activeDeadlineSeconds: LONG_S, terminationGracePeriodSeconds: LONG_S },
      container: {
        readinessProbe: { httpGet: { path: '/health', port: 8080 }, initialDelaySeconds: LONG_S },
      },
    })
    const pod = await client.podLogging('long', 'listening')
    await half()
    const path = `${client.paths.pods}/${pod.metadata.name}`
    const { body } = await client.call('GET', path)
    expect([body.status.phase, isReady(body)]).toEqual(['Running', false])
    await client.call('DELETE', path)
    await half()
    expect(alive(pidOf(pod))).toBe(true)
  })

  it('does not end a watch at once', async () => {
    await using engine = await startClient()
    const { client, target } = engine
    const stop = new AbortController()
    const response = await fetch(`${target.baseUrl}${client.paths.jobs}?watch=1&timeoutSeconds=${LONG_S}`, {
      signal: stop.signal,
    })
    const ended = response.text().then(
      () => 'ended',
      () => 'stopped here',
    )
    expect(await Promise.race([ended, half().then(() => 'open')])).toBe('open')
    stop.abort()
    await ended
  })
})
