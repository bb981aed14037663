/**
 * The rights of each function, and calls that it must not make. kubectl impersonates a user in the function's group
 * only.
 */

import type { V1Job, V1PodList, V1SelfSubjectRulesReview } from '@kubernetes/client-node'
import { LABELS } from '@warm-pods/core/identity/names.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { jobManifest } from '@warm-pods/functions/kubernetes/job-manifest.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FunctionName, IMAGE, kubectl } from './_kubectl.ts'
import { openNamespace, type TestNamespace } from './_namespace.ts'

let namespace: TestNamespace
let gatewayPod = ''
beforeAll(async () => {
  namespace = await openNamespace()
  const pods = await namespace.json<V1PodList>(
    'get',
    'pods',
    '-l',
    'app.kubernetes.io/name=warm-pods-gateway',
  )
  gatewayPod = pods.items.find(({ metadata }) => !metadata?.deletionTimestamp)?.metadata?.name ?? ''
})
afterAll(() => namespace?.[Symbol.asyncDispose]())

type Verb = 'get' | 'create' | 'delete' | 'replace'

/**
 * Makes one raw call with the rights of a function.
 * @throws Error with the refusal of the API server.
 */
function ask(as: FunctionName, verb: Verb, path: string, body?: unknown): Promise<string> {
  const file = body === undefined ? [] : ['-f', '-']
  return kubectl([verb, '--raw', path, ...file], {
    as,
    ...(body === undefined ? {} : { input: JSON.stringify(body) }),
  })
}

/** Returns the manifest of a visitor's Job, which both functions may create. */
function job(name: string, change: (job: V1Job) => void = () => undefined, where = namespace.name): V1Job {
  const config = { image: IMAGE, namespace: where, limits: LIMITS, limitOverrides: {} }
  const labels = { [LABELS.pool]: 'cold', [LABELS.assigned]: 'true' }
  const made = jobManifest({ name, key: 'k'.repeat(43), labels }, config)
  change(made)
  return made
}

const FORBIDDEN = /forbidden|denied request/i
const JOBS = (where: string): string => `/apis/batch/v1/namespaces/${where}/jobs`

const RIGHTS: Record<FunctionName, readonly string[]> = {
  api: ['create jobs', 'delete pods', 'get jobs', 'list pods'],
  refill: [
    'create jobs',
    'delete jobs',
    'delete pods',
    'get jobs',
    'list jobs',
    'list pods',
    'patch jobs',
    'patch pods',
    'watch pods',
  ],
}
const FUNCTIONS: readonly FunctionName[] = ['api', 'refill']

describe.each(FUNCTIONS)('%s', (as) => {
  it('has the rights of its Role in this namespace, and those of every authenticated user', async () => {
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace: namespace.name },
    }
    const answer = await ask(as, 'create', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', review)
    const { status }: V1SelfSubjectRulesReview = JSON.parse(answer)
    const theirs = status?.resourceRules.filter(
      ({ resources }) => !resources?.some((name) => name.startsWith('selfsubject')),
    )
    const rights = theirs?.flatMap(({ verbs, resources }) =>
      verbs.flatMap((verb) => (resources ?? []).map((what) => `${verb} ${what}`)),
    )
    expect(rights?.sort()).toEqual(RIGHTS[as])
  })

  it('may list pods: the refusals below are for the call, not for the caller', async () => {
    const pods = `/api/v1/namespaces/${namespace.name}/pods`
    expect(JSON.parse(await ask(as, 'get', pods))).toMatchObject({ kind: 'PodList' })
  })
})

/** Forbidden calls: name, verb, path, body. */
const NOT_HERE: readonly [string, Verb, string, unknown?][] = [
  ['read Secrets', 'get', '/api/v1/namespaces/NS/secrets'],
  ['read a Secret', 'get', '/api/v1/namespaces/NS/secrets/any'],
  ['read the gateway’s settings', 'get', '/api/v1/namespaces/NS/configmaps'],
  ['read a pod’s log', 'get', '/api/v1/namespaces/NS/pods/GATEWAY/log'],
  ['run a command in a pod', 'create', '/api/v1/namespaces/NS/pods/GATEWAY/exec?command=id&stdout=1', {}],
  ['attach to a pod', 'create', '/api/v1/namespaces/NS/pods/GATEWAY/attach?stdout=1', {}],
  ['forward a port', 'create', '/api/v1/namespaces/NS/pods/GATEWAY/portforward?ports=8080', {}],
  ['call a pod through the API server', 'get', '/api/v1/namespaces/NS/pods/GATEWAY:8080/proxy/healthz'],
  [
    'make a pod without a Job',
    'create',
    '/api/v1/namespaces/NS/pods',
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } },
  ],
  ['delete all Jobs at once', 'delete', '/apis/batch/v1/namespaces/NS/jobs'],
  [
    'make a CronJob',
    'create',
    '/apis/batch/v1/namespaces/NS/cronjobs',
    { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'x' } },
  ],
  ['delete the gateway', 'delete', '/apis/apps/v1/namespaces/NS/deployments/gateway'],
  ['delete a pod of the gateway', 'delete', '/api/v1/namespaces/NS/pods/GATEWAY'],
  ['delete the gateway’s Service', 'delete', '/api/v1/namespaces/NS/services/gateway'],
  ['open the network', 'delete', '/apis/networking.k8s.io/v1/namespaces/NS/networkpolicies/default-deny'],
  ['lift its own cap', 'delete', '/api/v1/namespaces/NS/resourcequotas/cap'],
  [
    'give itself more rights',
    'delete',
    '/apis/rbac.authorization.k8s.io/v1/namespaces/NS/rolebindings/refill',
  ],
  [
    'take a token',
    'create',
    '/api/v1/namespaces/NS/serviceaccounts/default/token',
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  ],
  ['delete the namespace', 'delete', '/api/v1/namespaces/NS'],
  ['list Jobs elsewhere', 'get', '/apis/batch/v1/namespaces/kube-system/jobs'],
  ['list pods everywhere', 'get', '/api/v1/pods'],
  ['list namespaces', 'get', '/api/v1/namespaces'],
  ['read nodes', 'get', '/api/v1/nodes'],
]

describe.each(FUNCTIONS)('%s may not', (as) => {
  it.each(NOT_HERE)('%s', async (_what, verb, path, body) => {
    const real = path.replace('NS', namespace.name).replace('GATEWAY', gatewayPod)
    await expect(ask(as, verb, real, body)).rejects.toThrow(FORBIDDEN)
  })

  it('make a Job in another namespace', async () => {
    const elsewhere = job('elsewhere', undefined, 'default')
    await expect(ask(as, 'create', JOBS('default'), elsewhere)).rejects.toThrow(FORBIDDEN)
  })

  it('make a Job whose pod has the gateway’s label', async () => {
    const disguised = job('disguised', ({ spec }) => {
      if (spec?.template.metadata) spec.template.metadata.labels = { [LABELS.app]: 'warm-pods-gateway' }
    })
    await expect(ask(as, 'create', JOBS(namespace.name), disguised)).rejects.toThrow(FORBIDDEN)
  })

  it('make a Job without the label of an echo pod', async () => {
    const unlabelled = job('unlabelled', ({ metadata }) => {
      if (metadata) metadata.labels = { app: 'another' } // Without labels it would get those of its pods.
    })
    await expect(ask(as, 'create', JOBS(namespace.name), unlabelled)).rejects.toThrow(FORBIDDEN)
  })

  it('relabel a pod of the gateway as an echo pod', async () => {
    const call = ['-n', namespace.name, 'patch', 'pod', gatewayPod, '--type', 'merge']
    const labels = JSON.stringify({ metadata: { labels: { [LABELS.app]: LABELS.appValue } } })
    await expect(kubectl([...call, '-p', labels], { as })).rejects.toThrow(FORBIDDEN)
  })

  it('get a privileged pod: the Job is created, its pod is refused', async () => {
    const root = job(`root-${as}`, ({ spec }) => {
      const [echo] = spec?.template.spec?.containers ?? []
      if (echo) echo.securityContext = { privileged: true }
    })
    await ask(as, 'create', JOBS(namespace.name), root)
    const output = await namespace.kubectl(
      'wait',
      'event',
      '--for=create',
      '--field-selector',
      `involvedObject.name=root-${as},reason=FailedCreate`,
      '--timeout',
      '60s',
    )
    const events = await namespace.kubectl(
      'get',
      'events',
      '--field-selector',
      `involvedObject.name=root-${as}`,
      '-o',
      'jsonpath={.items[*].message}',
    )
    expect(output + events).toContain('violates PodSecurity "restricted:latest"')
    expect((await namespace.json<V1PodList>('get', 'pods', '-l', `job-name=root-${as}`)).items).toEqual([])
  })
})

describe('the api Lambda, which strangers can call,', () => {
  it('cannot create a warm Job, nor an unassigned cold one', async () => {
    for (const labels of [
      { [LABELS.pool]: 'warm', [LABELS.assigned]: 'true' },
      { [LABELS.pool]: 'cold', [LABELS.assigned]: 'false' },
    ]) {
      const made = job('warm-0-1-mine', ({ metadata }) => Object.assign(metadata?.labels ?? {}, labels))
      await expect(ask('api', 'create', JOBS(namespace.name), made)).rejects.toThrow('for a visitor only')
    }
  })

  it.each([
    ['list Jobs', 'get', ''],
    ['delete a Job', 'delete', '/any'],
  ] as const)('may not %s', async (_what, verb, path) => {
    await expect(ask('api', verb, JOBS(namespace.name) + path)).rejects.toThrow(FORBIDDEN)
  })

  it('may not watch or label pods', async () => {
    const pods = `/api/v1/namespaces/${namespace.name}/pods`
    await expect(ask('api', 'get', `${pods}?watch=1&timeoutSeconds=1`)).rejects.toThrow(FORBIDDEN)
    const call = ['-n', namespace.name, 'patch', 'pod', gatewayPod, '--type', 'merge', '-p', '{}']
    await expect(kubectl(call, { as: 'api' })).rejects.toThrow(FORBIDDEN)
  })
})
