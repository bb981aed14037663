/** The components of k8s/monitoring, on top of each overlay. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type {
  V1ConfigMap,
  V1Deployment,
  V1NetworkPolicy,
  V1NetworkPolicyPeer,
  V1NetworkPolicyPort,
} from '@kubernetes/client-node'
import { METRICS_PORT } from '@warm-pods/functions/kubernetes/job-manifest.ts'
import { BOARDS } from '@warm-pods/monitoring/boards/boards.ts'
import { SCRAPE_JOBS } from '@warm-pods/monitoring/scrape-jobs.ts'
import { loadAll } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import {
  find,
  KUBECTL,
  type Manifest,
  NO_KUBECTL,
  OVERLAYS,
  type Overlay,
  overlayFolder,
  render,
} from './_render.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const COMPONENTS = ['prometheus', 'datadog', 'logs'] as const
const EXPORTER_PORT = 9113

/** The client's own type calls the field `_from`. */
interface ParsedPolicy extends V1NetworkPolicy {
  readonly spec: {
    readonly podSelector: object
    readonly policyTypes: string[]
    readonly ingress: { from: V1NetworkPolicyPeer[]; ports: V1NetworkPolicyPort[] }[]
  }
}

const rendered = new Map<Overlay, Manifest[]>()

/** Returns an overlay with every component, rendered once, as `npm run deploy` does. */
function withMonitoring(overlay: Overlay, kubectl: string): Manifest[] {
  const before = rendered.get(overlay)
  if (before) return before
  const folder = mkdtempSync(join(ROOT, '.monitoring-test-'))
  try {
    const components = COMPONENTS.map(
      (name) => `  - ${relative(folder, join(ROOT, 'k8s/monitoring', name))}\n`,
    )
    writeFileSync(
      join(folder, 'kustomization.yaml'),
      `resources:\n  - ${relative(folder, overlayFolder(overlay))}\ncomponents:\n${components.join('')}`,
    )
    const manifests = loadAll(
      execFileSync(kubectl, ['kustomize', folder], { encoding: 'utf8' }),
    ) as Manifest[]
    rendered.set(overlay, manifests)
    return manifests
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const names = (manifests: readonly Manifest[]) =>
  manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)

describe.each(OVERLAYS)('the overlay %s', (overlay) => {
  it('has no monitoring by default', (context) => {
    if (!KUBECTL) return context.skip(NO_KUBECTL)
    const manifests = render(overlay, KUBECTL)
    const { spec } = find<V1Deployment>(manifests, 'Deployment', 'gateway')
    expect(spec?.template.spec?.containers.map(({ name }) => name)).toEqual(['nginx'])
    const kinds = ['PodMonitor', 'PrometheusRule', 'ScrapeConfig', 'DatadogAgent', 'DaemonSet']
    expect(manifests.map(({ kind }) => kind).filter((kind) => kinds.includes(kind))).toEqual([])
  })

  it('takes all components together, and every object has a namespace or needs none', (context) => {
    if (!KUBECTL) return context.skip(NO_KUBECTL)
    const manifests = withMonitoring(overlay, KUBECTL)
    expect(new Set(names(manifests)).size).toBe(manifests.length)
    const clusterWide = [
      'Namespace',
      'NodePool',
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionPolicyBinding',
    ]
    for (const { kind, metadata } of manifests)
      if (!clusterWide.includes(kind)) expect(metadata.namespace, `${kind} ${metadata.name}`).toBeTruthy()
    expect(manifests.map(({ kind }) => kind)).not.toContain('Secret')
  })
})

describe('the component prometheus', () => {
  it('scrapes pods, gateways and the API under the names of the jobs that boards and alerts use', (context) => {
    if (!KUBECTL) return context.skip(NO_KUBECTL)
    const manifests = withMonitoring('eks', KUBECTL)
    const kinds = ['PodMonitor', 'ScrapeConfig']
    const text = JSON.stringify(manifests.filter(({ kind }) => kinds.includes(kind)))
    const jobs = [...text.matchAll(/"replacement":"([^"]+)"/g)].map(([, job]) => job)
    expect(jobs.sort()).toEqual(Object.values(SCRAPE_JOBS).sort())
    for (const kind of ['PodMonitor', 'ScrapeConfig', 'PrometheusRule'])
      for (const { metadata } of manifests.filter((one) => one.kind === kind))
        expect(metadata.labels).toMatchObject({
          release: 'kube-prometheus-stack',
          'warm-pods/monitoring': 'prometheus',
        })
  })

  it('contains every board in a ConfigMap with the label of Grafana’s sidecar', (context) => {
    if (!KUBECTL) return context.skip(NO_KUBECTL)
    const maps = withMonitoring('eks', KUBECTL).filter(
      ({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1',
    ) as (Manifest & V1ConfigMap)[]
    expect(maps.flatMap(({ data }) => Object.keys(data ?? {})).sort()).toEqual(
      BOARDS.map(({ uid }) => `${uid}.json`).sort(),
    )
  })
})

describe.each([
  ['prometheus', 'scraper', 'monitoring'],
  ['datadog', 'datadog', 'datadog'],
])('the component %s', (_component, policy, namespace) => {
  it('opens the ports of the metrics to its own namespace alone', (context) => {
    if (!KUBECTL) return context.skip(NO_KUBECTL)
    const manifests = withMonitoring('eks', KUBECTL)
    const { spec } = find<ParsedPolicy>(manifests, 'NetworkPolicy', policy)
    expect(spec.policyTypes).toEqual(['Ingress'])
    expect(spec.ingress.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual([
      METRICS_PORT,
      EXPORTER_PORT,
    ])
    for (const peer of spec.ingress.flatMap(({ from }) => from))
      expect(peer.namespaceSelector?.matchLabels).toEqual({ 'kubernetes.io/metadata.name': namespace })
  })

  it('adds the exporter to the gateway, without privileges, and stub_status on loopback', (context) => {
    if (!KUBECTL) return context.skip(NO_KUBECTL)
    const manifests = withMonitoring('eks', KUBECTL)
    const spec = find<V1Deployment>(manifests, 'Deployment', 'gateway').spec?.template.spec
    const exporter = spec?.containers.find(({ name }) => name === 'exporter')
    expect(exporter?.ports).toEqual([{ name: 'metrics', containerPort: EXPORTER_PORT }])
    expect(exporter?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    const volume = spec?.volumes?.find(({ configMap }) => configMap)?.configMap?.name ?? ''
    const { data = {} } = find<V1ConfigMap>(manifests, 'ConfigMap', volume)
    expect(data['monitoring.conf']).toContain('listen 127.0.0.1:8081;')
    expect(exporter?.args?.join()).toContain('http://127.0.0.1:8081/stub_status')
  })
})

describe('the component logs', () => {
  it('reads the files of the pool’s namespace and its events, and has no other permission', (context) => {
    if (!KUBECTL) return context.skip(NO_KUBECTL)
    const manifests = withMonitoring('eks', KUBECTL)
    expect(find(manifests, 'Role', 'read-events')).toMatchObject({
      metadata: { namespace: 'warm-pods' },
      rules: [{ apiGroups: [''], resources: ['events'], verbs: ['get', 'list', 'watch'] }],
    })
    const collector = readFileSync(join(ROOT, 'k8s/monitoring/logs/config/collector.yaml'), 'utf8')
    expect(collector).toContain('path: /var/log/containers/*_warm-pods_*.log')
    expect(JSON.stringify(find(manifests, 'DaemonSet', 'collector'))).not.toMatch(/privileged|hostNetwork/)
  })
})
