import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EKSClient } from '@aws-sdk/client-eks'
import { describe, expect, it } from 'vitest'
import { clusterReport } from './cluster-report.ts'

const NOW = new Date('2026-11-23T00:00:00Z')
const ACTIVE = {
  name: 'warm-pods-production',
  status: 'ACTIVE',
  version: '1.36',
  upgradePolicy: { supportType: 'STANDARD' },
  resourcesVpcConfig: { endpointPublicAccess: true, publicAccessCidrs: ['0.0.0.0/0'] },
}

/** Runs the report against a fake of the two EKS calls. https://docs.aws.amazon.com/eks/latest/APIReference/API_Operations.html */
async function report(cluster: object | undefined, endOfStandardSupport = '2027-08-02') {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    const isCluster = request.url?.startsWith('/clusters/')
    const missing = isCluster && cluster === undefined
    response.writeHead(missing ? 404 : 200, {
      'content-type': 'application/json',
      ...(missing ? { 'x-amzn-errortype': 'ResourceNotFoundException' } : {}),
    })
    const endOfStandardSupportDate = Date.parse(endOfStandardSupport) / 1000
    const versions = { clusterVersions: [{ clusterVersion: '1.36', endOfStandardSupportDate }] }
    response.end(
      JSON.stringify(missing ? { message: 'No cluster found.' } : isCluster ? { cluster } : versions),
    )
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  const eks = new EKSClient({
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'AKIAOFFLINE', secretAccessKey: 'offline' },
  })
  try {
    return { ...(await clusterReport(eks, 'warm-pods-production', NOW)), requests }
  } finally {
    eks.destroy()
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  }
}

describe(clusterReport, () => {
  it('reports an active cluster and the end of its version’s standard support', async () => {
    const { ready, sentences, requests } = await report(ACTIVE)
    expect(ready).toBe(true)
    expect(sentences).toEqual([
      'The cluster warm-pods-production is ACTIVE, on Kubernetes 1.36, in standard support until 2027-08-02.',
    ])
    expect(requests).toEqual([
      'GET /clusters/warm-pods-production',
      'GET /cluster-versions?clusterVersions=1.36',
    ])
  })

  it('returns the API server for the kubeconfig, and none without an endpoint or a CA', async () => {
    const endpoint = 'https://warm.example'
    const certificateAuthority = { data: 'TU9DSw==' }
    expect((await report({ ...ACTIVE, endpoint, certificateAuthority })).server).toEqual({
      endpoint,
      ca: 'TU9DSw==',
    })
    for (const part of [{}, { endpoint }, { certificateAuthority }])
      expect((await report({ ...ACTIVE, ...part })).server).toBeUndefined()
  })

  it('warns before and after the end of standard support', async () => {
    expect((await report(ACTIVE, '2026-12-02')).sentences[0]).toMatch(
      /ends on 2026-12-02, in 9 days. Upgrade it before.*six times/,
    )
    expect((await report(ACTIVE, '2026-11-22')).sentences[0]).toMatch(/ended on 2026-11-22.*six times/)
  })

  it('names the cluster and the region if EKS has no such cluster', async () => {
    expect(await report(undefined)).toMatchObject({
      ready: false,
      sentences: ['EKS has no cluster "warm-pods-production" in eu-central-1.'],
    })
  })

  it('is not ready while EKS creates the cluster, and lists the issues that EKS reports', async () => {
    const health = { issues: [{ code: 'InsufficientFreeAddresses', message: 'No free addresses.' }] }
    expect(await report({ ...ACTIVE, status: 'CREATING', health })).toMatchObject({
      ready: false,
      sentences: ['The cluster warm-pods-production is CREATING, not ACTIVE. No free addresses.'],
    })
  })

  it.each([
    [{ endpointPublicAccess: false }, 'Its API server is not public'],
    [{ endpointPublicAccess: true, publicAccessCidrs: ['192.0.2.0/24'] }, 'admits only 192.0.2.0/24'],
  ])('reports that the functions cannot reach the API server: %j', async (resourcesVpcConfig, expected) => {
    expect((await report({ ...ACTIVE, resourcesVpcConfig })).sentences.join(' ')).toContain(expected)
  })

  it('reports an upgrade policy that pays for extended support', async () => {
    const { sentences } = await report({ ...ACTIVE, upgradePolicy: { supportType: 'EXTENDED' } })
    expect(sentences.at(-1)).toContain('upgrade policy is not STANDARD')
  })
})
