import { KubeConfig } from '@kubernetes/client-node'
import { type ApiClient, createApiClient } from '@warm-pods/local/cluster-context/api-client.ts'
import { type Kubernetes, startKubernetes } from '@warm-pods/local-kubernetes/engine.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assertImage } from './_image.ts'

let kubernetes: Kubernetes
let client: ApiClient
beforeAll(async () => {
  kubernetes = await startKubernetes({
    host: '127.0.0.1',
    port: 0,
    nodeName: 'node',
    zone: 'zone',
    region: 'region',
    version: 'v1.36.3',
    command: ({ container }) =>
      container.image === 'registry/present:1' ? { file: process.execPath, args: ['-e', ''] } : undefined,
  })
  const config = new KubeConfig()
  config.loadFromClusterAndUser(
    { name: 'c', server: kubernetes.url, skipTLSVerify: true },
    { name: 'u', username: 'u', password: '' },
  )
  client = createApiClient(config)
})
afterAll(async () => {
  client.close()
  await kubernetes.close()
})

/** Returns a client whose nodes report these images. */
function withNodeImages(...names: string[]): ApiClient {
  const items = [{ metadata: {}, status: { images: names.map((name) => ({ names: [name] })) } }]
  const call = async () => ({ status: 200, body: { items }, text: '' })
  return { call } as unknown as ApiClient
}

const check = (image: string, isDefault = false) => ({ context: 'kind-kind', image, isDefault })

describe('the check of the pods’ image', () => {
  it('stops with advice and the kubelet’s message when the nodes cannot pull the image', async () => {
    await expect(assertImage(client, check('registry/missing:1'))).rejects.toThrow(
      /No node of kind-kind has the image registry\/missing:1 yet\..*kind load docker-image.*ErrImagePull: failed to pull.*Nothing was tested\.$/,
    )
  })

  it('accepts an image that a pod can run, and deletes its namespace', async () => {
    await assertImage(client, check('registry/present:1'))
    await expect
      .poll(async () => (await client.call('GET', '/api/v1/namespaces')).text, { timeout: 10_000 })
      .not.toContain('warm-pods-test-')
  })

  it('stops at once for the default image when every node reports its images and none has it', async () => {
    const nodes = withNodeImages('docker.io/local/other:1')
    await expect(assertImage(nodes, check('warm-pods/pod:dev', true))).rejects.toThrow(
      /^No node of kind-kind has the image warm-pods\/pod:dev yet\./,
    )
  })

  it('accepts an image that a node reports, without running a pod', async () => {
    await assertImage(withNodeImages('docker.io/warm-pods/pod:dev'), check('warm-pods/pod:dev', true))
  })
})
