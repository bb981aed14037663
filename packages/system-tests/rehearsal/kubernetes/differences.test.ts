import { describe, expect, it } from 'vitest'
import { adapt, localPodNetworks } from './differences.ts'

const DIFFERENCES = {
  deployedImage: 'registry/pod:abc@sha256:1',
  image: 'pod:dev',
  gatewayImage: 'nginx:here',
  podNetworks: localPodNetworks(),
}

function adapted(object: object) {
  return JSON.parse(adapt(Buffer.from(JSON.stringify(object)), DIFFERENCES).toString())
}

function workload(kind: string, spec: object) {
  return { kind, spec: { template: { metadata: { labels: { a: 'b' } }, spec } } }
}

describe(adapt, () => {
  it('replaces the deployed image of a Job, and leaves one without the digest as it is', () => {
    const job = (image: string) => workload('Job', { containers: [{ name: 'echo', image }] })
    expect(adapted(job('registry/pod:abc@sha256:1'))).toEqual(job('pod:dev'))
    expect(adapted(job('registry/pod:abc'))).toEqual(job('registry/pod:abc'))
  })

  it('gives the gateway the nodes’ image, on nodes of any CPU, and leaves its exporter alone', () => {
    const exporter = { name: 'exporter', image: 'public/exporter' }
    const deployment = workload('Deployment', {
      nodeSelector: { 'kubernetes.io/arch': 'arm64', zone: 'a' },
      containers: [exporter, { name: 'nginx', image: 'public/nginx' }],
    })
    expect(adapted(deployment)).toEqual(
      workload('Deployment', {
        nodeSelector: { zone: 'a' },
        containers: [exporter, { name: 'nginx', image: 'nginx:here' }],
      }),
    )
  })

  it('replaces the pod network in cluster.conf and keeps its other lines', () => {
    const before = 'geo $a $b {\n  default 0;\n  10.0.0.0/16 1;\n}\nset_real_ip_from 10.0.0.0/16;\n'
    const { data } = adapted({ kind: 'ConfigMap', data: { 'cluster.conf': before, 'nginx.conf': 'x' } })
    expect(data['nginx.conf']).toBe('x')
    expect(data['cluster.conf']).toBe(before.replace('  10.0.0.0/16 1;', localPodNetworks()))
    expect(localPodNetworks()).toMatch(/10\.244\.0\.0\/16 1;/)
  })

  it.each([
    ['a Role', { kind: 'Role', rules: [] }],
    ['a JSON patch', [{ op: 'add', path: '/metadata/labels/a', value: 'b' }]],
    ['another ConfigMap', { kind: 'ConfigMap', data: { a: '10.0.0.0/16' } }],
  ])('does not change %s', (_, object) => {
    expect(adapted(object)).toEqual(object)
  })
})
