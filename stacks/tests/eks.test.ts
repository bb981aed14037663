/**
 * Verifies the token of packages/functions with code of AWS: aws-iam-authenticator's verifier, which EKS runs, and the
 * Go SDK, which computes the signature again. Without Go the tests are skipped with a warning.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LABELS } from '../../packages/core/src/identity/names.ts'
import { eksToken } from '../../packages/functions/src/aws/eks-token.ts'
import type { Signing } from '../../packages/functions/src/aws/sigv4.ts'
import { signingOf } from '../../packages/functions/src/aws/sigv4.ts'
import { readConfig } from '../../packages/functions/src/config.ts'
import { kubernetes } from '../../packages/functions/src/kubernetes/adapter.ts'
import { documents } from '../../packages/functions/src/store/client.ts'
import { type ApiServer, hasApiServer, startApiServer } from './eks/api-server.ts'
import { type Authenticator, hasGo, startAuthenticator } from './eks/authenticator.ts'

const MINUTE = 60_000
/** The same credentials as in eks/main.go, which fakes STS and so needs the secrets. */
const API = {
  accessKeyId: 'ASIAAPI',
  secretAccessKey: "the-role's-secret",
  sessionToken: 'a+session/token==',
}
const REFILL = { ...API, accessKeyId: 'ASIAREFILL', secretAccessKey: "another-role's-secret" }

function signing(credentials: typeof API = API): Signing {
  const base = signingOf(documents({ region: 'eu-central-1', dynamodbEndpoint: '' }).config)
  return { ...base, credentials: async () => credentials }
}

if (!hasGo())
  console.warn('SKIPPED: tests of the EKS token with aws-iam-authenticator, because Go is not installed.')

describe.skipIf(!hasGo())('aws-iam-authenticator', () => {
  let authenticator: Authenticator
  beforeAll(async () => {
    authenticator = await startAuthenticator('warm')
  })
  afterAll(() => authenticator[Symbol.asyncDispose]())

  it.each([
    ['ApiRole/Api', API, 'warm-pods:api'],
    ['RefillRole/Refill', REFILL, 'warm-pods:refill'],
  ])('authenticates the token as the role %s', async (role, credentials, group) => {
    expect(await authenticator.review(await eksToken('warm', signing(credentials))())).toEqual({
      authenticated: true,
      user: {
        username: `arn:aws:sts::111122223333:assumed-role/warm-pods-production-${role}`,
        groups: [group],
      },
    })
  })

  it('accepts a token that is as old as eksToken caches it, 14 minutes', async () => {
    const token = eksToken('warm', signing(), () => Date.now() - 14 * MINUTE)
    expect(await authenticator.review(await token())).toMatchObject({ authenticated: true })
  })

  it('rejects a token that is older than 15 minutes', async () => {
    const token = eksToken('warm', signing(), () => Date.now() - 15 * MINUTE - 1_000)
    expect(await authenticator.review(await token())).toMatchObject({
      error: expect.stringContaining('expired'),
    })
  })

  it('rejects a token for another cluster', async () => {
    expect(await authenticator.review(await eksToken('other', signing())())).toMatchObject({
      error: expect.stringContaining('SignatureDoesNotMatch'),
    })
  })

  it('rejects a token signed with another secret', async () => {
    const token = eksToken('warm', signing({ ...API, secretAccessKey: 'guessed' }))
    expect(await authenticator.review(await token())).toMatchObject({
      error: expect.stringContaining('SignatureDoesNotMatch'),
    })
  })
})

if (!hasApiServer()) {
  console.warn(
    'SKIPPED: tests of the adapter on a real API server, because KUBEBUILDER_ASSETS has no kube-apiserver.',
  )
}

describe.skipIf(!hasGo() || !hasApiServer())('the Kubernetes adapter on a real API server', () => {
  let server: ApiServer
  beforeAll(async () => {
    server = await startApiServer('warm')
    // RBAC and the admission policy are those of the product. The quota is left out: no controller manager counts it.
    await server.kubectl('apply', '-f', 'k8s/base/namespace.yaml')
    await server.kubectl('label', 'namespace', 'warm-pods', 'app.kubernetes.io/part-of=warm-pods')
    for (const file of ['rbac', 'admission-policy']) {
      await server.kubectl('apply', '--namespace', 'warm-pods', '-f', `k8s/base/${file}.yaml`)
    }
  })
  afterAll(() => server[Symbol.asyncDispose]())

  function adapter(credentials: typeof API, { cluster = 'warm', namespace = 'warm-pods' } = {}) {
    const config = readConfig({
      AWS_REGION: 'eu-central-1',
      POOL_TABLE: 'pool',
      SESSIONS_TABLE: 'sessions',
      REFILL_FUNCTION: 'refill',
      KUBERNETES_ENDPOINT: server.endpoint,
      KUBERNETES_CA: server.ca,
      EKS_CLUSTER: cluster,
      CLUSTER_NAME: cluster,
      NAMESPACE: namespace,
      IMAGE: 'warm-pods/pod:dev',
      SITE_ORIGIN: 'https://owner.github.io',
    })
    return kubernetes(config, eksToken(config.kubernetes.eksCluster, signing(credentials)))
  }

  it('lets refill create, find, label and delete a Job', async () => {
    const cluster = adapter(REFILL)
    const name = 'warm-0-1-abcde'
    expect(await cluster.createJob({ name, key: 'key', labels: {} })).toEqual({ result: 'created' })
    expect(await cluster.createJob({ name, key: 'key', labels: {} })).toEqual({ result: 'exists' })
    expect((await cluster.list()).jobs).toMatchObject([{ name }])
    await cluster.label(name, 'no-such-pod', { assigned: 'true' })
    const labels = await server.kubectl(
      'get',
      'job',
      name,
      '-n',
      'warm-pods',
      '-o',
      'jsonpath={.metadata.labels.assigned}',
    )
    expect(labels).toBe('true')
    const { uid = '' } = (await cluster.getJob(name)) ?? {}
    expect(await cluster.deleteJob(name, { uid })).toBe(true)
    expect(await cluster.getJob(name)).toBeUndefined()
  })

  it('lets the API create and inspect a visitor’s Job, and neither list nor delete Jobs', async () => {
    const cluster = adapter(API)
    const name = 'cold-1-abcde'
    const labels = { [LABELS.pool]: 'cold', [LABELS.assigned]: 'true' }
    expect(await cluster.createJob({ name, key: 'key', labels })).toEqual({ result: 'created' })
    expect(await cluster.inspect(name)).toMatchObject({ jobs: [{ name }], pods: [] })
    await expect(cluster.list()).rejects.toMatchObject({ code: 403 })
    await expect(cluster.deleteJob(name, {})).rejects.toMatchObject({ code: 403 })
    expect(await adapter(REFILL).deleteJob(name, {})).toBe(true)
  })

  it('does not let the API add to the warm pool', async () => {
    const labels = { [LABELS.pool]: 'warm', [LABELS.assigned]: 'false' }
    await expect(
      adapter(API).createJob({ name: 'warm-0-1-fghij', key: 'key', labels }),
    ).rejects.toMatchObject({ body: expect.stringContaining('for a visitor only') })
  })

  it('reads the server’s version', async () => {
    expect(await adapter(API).version(true)).toMatch(/^v1\.\d+/)
  })

  it('is not authenticated with a token for another cluster', async () => {
    await expect(adapter(REFILL, { cluster: 'other' }).list()).rejects.toMatchObject({ code: 401 })
  })

  it('has no permissions in another namespace', async () => {
    await expect(adapter(REFILL, { namespace: 'default' }).list()).rejects.toMatchObject({ code: 403 })
  })
})
