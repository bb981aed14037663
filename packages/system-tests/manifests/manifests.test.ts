import { execFileSync } from 'node:child_process'
import {
  dumpYaml,
  type KubernetesObject,
  loadYaml,
  type V1ConfigMap,
  type V1Deployment,
  type V1LimitRange,
  type V1NetworkPolicy,
  type V1ResourceQuota,
  type V1Role,
  type V1RoleBinding,
  type V1Service,
} from '@kubernetes/client-node'
import { LABELS } from '@warm-pods/core/identity/names.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { jobManifest, METRICS_PORT, POD_PORT } from '@warm-pods/functions/kubernetes/job-manifest.ts'
import { restrictedViolations } from '@warm-pods/local-kubernetes/registry/pod-security.ts'
import type { PodSpec } from '@warm-pods/local-kubernetes/types.ts'
import { dump, load } from 'js-yaml'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { find, KUBECTL, type Manifest, NO_KUBECTL, OVERLAYS, render } from './_render.ts'

const NEW_JOB = {
  name: 'warm-1-1-bcdfg',
  key: 'k'.repeat(43),
  labels: { [LABELS.pool]: 'warm', [LABELS.assigned]: 'false' },
}
const CONFIG = { image: 'warm-pods/pod:test', namespace: 'warm-pods', limits: LIMITS, limitOverrides: {} }
const JOB = jobManifest(NEW_JOB, CONFIG)
const JOB_POD = JOB.spec?.template
const ECHO = { [LABELS.app]: LABELS.appValue }
const GATEWAY = { [LABELS.app]: 'warm-pods-gateway' }
/** Custom resources, which the client library does not know. */
const EXTENSIONS = ['TargetGroupBinding', 'NodePool']

/** Checks a pod with the Pod Security checks of packages/local-kubernetes, which has its own type for it. */
function violations(spec: unknown): string | undefined {
  return restrictedViolations(spec as PodSpec)
}

function mebibytes(quantity: string | undefined): number {
  const match = /^(\d+)Mi$/.exec(quantity ?? '')
  if (!match) throw new Error(`Expected a quantity in Mi, got ${quantity}.`)
  return Number(match[1])
}

it('opens the port for metrics only in a stage with monitoring, beside the port of the WebSocket', () => {
  const portsOf = (podMetrics: '' | 'on') =>
    jobManifest(NEW_JOB, { ...CONFIG, podMetrics }).spec?.template.spec?.containers[0]?.ports
  expect(portsOf('')?.map(({ containerPort }) => containerPort)).toEqual([POD_PORT])
  expect(portsOf('on')?.map(({ name, containerPort }) => [name, containerPort])).toEqual([
    ['ws', POD_PORT],
    ['metrics', METRICS_PORT],
  ])
})

it('the functions’ pods comply with Pod Security level restricted', () => {
  expect(violations(JOB_POD?.spec)).toBeUndefined()
})

describe.each(OVERLAYS)('the overlay %s', (overlay) => {
  let manifests: readonly Manifest[] = []
  const the = <T extends KubernetesObject>(kind: string, name: string): T => find<T>(manifests, kind, name)
  beforeAll(() => {
    if (KUBECTL) manifests = render(overlay, KUBECTL)
  })
  beforeEach((context) => {
    if (!KUBECTL) context.skip(NO_KUBECTL)
  })

  it('has only fields that the Kubernetes API defines', () => {
    for (const manifest of manifests.filter(({ kind }) => !EXTENSIONS.includes(kind))) {
      const read = load(dumpYaml(loadYaml(dump(manifest))))
      expect(read, `${manifest.kind} ${manifest.metadata.name}`).toEqual(manifest)
    }
  })

  it('uses only the namespace warm-pods, which admits only restricted pods', () => {
    const elsewhere = manifests.filter(({ metadata }) => (metadata.namespace ?? 'warm-pods') !== 'warm-pods')
    // On EKS the switch of the network policy controller has its fixed place.
    expect(elsewhere.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual(
      overlay === 'eks' ? ['kube-system/amazon-vpc-cni'] : [],
    )
    expect(the('Namespace', 'warm-pods').metadata).toMatchObject({
      labels: {
        'app.kubernetes.io/part-of': 'warm-pods',
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
      },
    })
  })

  it('gives each function’s group the verbs that its calls use, and no others', () => {
    const named = manifests
      .filter(({ kind }) => /Role/.test(kind))
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    const both = ['Role api', 'Role refill', 'RoleBinding api', 'RoleBinding refill']
    expect(named.sort()).toEqual((overlay === 'local' ? [...both, 'RoleBinding one-machine'] : both).sort())
    expect(the<V1Role>('Role', 'api').rules).toEqual([
      { apiGroups: ['batch'], resources: ['jobs'], verbs: ['create', 'get'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['delete', 'list'] },
    ])
    expect(the<V1Role>('Role', 'refill').rules).toEqual([
      { apiGroups: ['batch'], resources: ['jobs'], verbs: ['create', 'delete', 'get', 'list', 'patch'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['delete', 'list', 'patch', 'watch'] },
    ])
    for (const name of ['api', 'refill']) {
      const { roleRef, subjects } = the<V1RoleBinding>('RoleBinding', name)
      expect(roleRef).toMatchObject({ kind: 'Role', name })
      expect(subjects).toMatchObject([{ kind: 'Group', name: `warm-pods:${name}` }])
    }
  })

  it('has a quota of Jobs equal to the limits, and room for the pods of a pool that is being replaced', () => {
    const hard = the<V1ResourceQuota>('ResourceQuota', 'cap').spec?.hard ?? {}
    expect(hard['count/jobs.batch']).toBe(String(LIMITS.cap))
    const gateways = 2 * (the<V1Deployment>('Deployment', 'gateway').spec?.replicas ?? 0) + 1
    expect(Number(hard.pods)).toBeGreaterThanOrEqual(2 * LIMITS.cap + gateways)
    expect(hard['services.loadbalancers']).toBe('0')
  })

  it('has a LimitRange that admits the pods of the pool', () => {
    const max = the<V1LimitRange>('LimitRange', 'container').spec?.limits[0]?.max
    const limits = JOB_POD?.spec?.containers[0]?.resources?.limits
    expect(mebibytes(limits?.memory)).toBeLessThanOrEqual(mebibytes(max?.memory))
    expect([max?.cpu, limits?.cpu]).toEqual(['1', '500m'])
  })

  it('runs the gateway without privileges, service account token or writable disk', () => {
    const spec = the<V1Deployment>('Deployment', 'gateway').spec?.template.spec
    expect(violations(spec)).toBeUndefined()
    expect(spec?.automountServiceAccountToken).toBe(false)
    expect(spec?.containers.map((one) => one.securityContext?.readOnlyRootFilesystem)).toEqual([true])
    expect(
      spec?.volumes?.map(({ configMap, emptyDir }) => configMap !== undefined || emptyDir?.medium),
    ).toEqual([true, 'Memory'])
  })

  it('replaces gateway pods one at a time, with time for their sockets to move', () => {
    const { spec } = the<V1Deployment>('Deployment', 'gateway')
    const [nginx] = spec?.template.spec?.containers ?? []
    expect(spec?.strategy?.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 })
    expect(nginx?.readinessProbe?.httpGet).toEqual({ path: '/healthz', port: 'http' })
    expect(nginx?.livenessProbe).toBeUndefined()
    const hook = nginx?.lifecycle?.preStop?.exec?.command?.at(-1) ?? ''
    const drainS = Number(/^sleep (\d+); nginx .* -s quit; sleep \d+$/.exec(hook)?.[1])
    const lastSocketS = Number(/worker_shutdown_timeout (\d+)s/.exec(conf()['nginx.conf'] ?? '')?.[1])
    expect(spec?.template.spec?.terminationGracePeriodSeconds).toBeGreaterThan(drainS + lastSocketS)
  })

  /** The ConfigMap that the gateway mounts. */
  function conf(): Record<string, string> {
    const volumes = the<V1Deployment>('Deployment', 'gateway').spec?.template.spec?.volumes ?? []
    const name = volumes.find(({ configMap }) => configMap)?.configMap?.name ?? ''
    expect(name).toMatch(/^gateway-[a-z0-9]+$/) // The name contains a hash of the content, so a change rolls the gateway.
    return the<V1ConfigMap>('ConfigMap', name).data ?? {}
  }

  it('configures the pods’ network for the gateway, and a read time-out above the heartbeat', () => {
    const { 'nginx.conf': nginx = '', 'cluster.conf': cluster = '', ...others } = conf()
    expect(others).toEqual({})
    expect(cluster).toMatch(/geo \$named \$is_pod_address \{\s+default 0;\s+\d+\.\d+\.0\.0\/16 1;/)
    expect(cluster).toMatch(/limit_conn per_address \d+;/)
    expect(Number(/proxy_read_timeout (\d+)s/.exec(nginx)?.[1])).toBeGreaterThan(
      (2 * LIMITS.heartbeatMs) / 1_000,
    )
    expect(nginx).toContain(`proxy_pass http://$named:${POD_PORT}/;`)
  })

  it('allows traffic from visitors to the gateway and from the gateway to echo pods, and no other', () => {
    const policies = manifests
      .filter(({ kind }) => kind === 'NetworkPolicy')
      .map(({ metadata }) => metadata.name)
    const spec = (name: string) => the<V1NetworkPolicy>('NetworkPolicy', name).spec
    const port = [{ protocol: 'TCP', port: POD_PORT }]
    expect(policies).toEqual(['default-deny', 'echo', 'gateway'])
    expect(spec('default-deny')).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] })
    expect(spec('echo')).toEqual({
      podSelector: { matchLabels: ECHO },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ podSelector: { matchLabels: GATEWAY } }], ports: port }],
      egress: [],
    })
    expect(spec('gateway')).toEqual({
      podSelector: { matchLabels: GATEWAY },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: port }],
      egress: [{ to: [{ podSelector: { matchLabels: ECHO } }], ports: port }],
    })
  })

  it('keeps the port for metrics out of the reach of the gateway and of visitors', () => {
    const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy')
    expect(JSON.stringify(policies)).not.toContain(String(METRICS_PORT))
    const targets = [...(conf()['nginx.conf'] ?? '').matchAll(/proxy_pass ([^;]+);/g)].map(
      ([, target]) => target,
    )
    expect(targets).toEqual([`http://$named:${POD_PORT}/`])
    // The pattern of $named accepts an address without a port, so that a path cannot choose one.
    const pattern = /"~(\^\/pod\/.*\$)" \$address;/.exec(conf()['nginx.conf'] ?? '')?.[1] ?? ''
    const named = new RegExp(pattern)
    expect(named.test('/pod/10.0.0.1')).toBe(true)
    for (const path of [`/pod/10.0.0.1:${METRICS_PORT}`, '/pod/10.0.0.1/metrics', '/pod/10.0.0.1%3A9464'])
      expect(named.test(path)).toBe(false)
  })

  it('labels echo pods and gateway pods so that no selector matches both', () => {
    const gateway = the<V1Deployment>('Deployment', 'gateway').spec
    expect(JOB_POD?.metadata?.labels).toMatchObject(ECHO)
    expect(gateway?.template.metadata?.labels).toMatchObject(GATEWAY)
    expect(gateway?.selector.matchLabels).toEqual(GATEWAY)
    expect(the<V1Service>('Service', 'gateway').spec?.selector).toEqual(GATEWAY)
  })

  it('limits every group that has permissions to echo pods by an admission policy', () => {
    const text = JSON.stringify(the('ValidatingAdmissionPolicy', 'warm-pods-functions'))
    const groups = manifests
      .filter(({ kind }) => kind === 'RoleBinding')
      .flatMap(({ metadata }) => the<V1RoleBinding>('RoleBinding', metadata.name).subjects ?? [])
    for (const { name } of groups) expect(text).toContain(`'${name}'`)
    expect(text).toContain(`== '${LABELS.appValue}'`)
    expect(text).toContain(`"'${LABELS.app}'"`)
  })
})

describe('the overlay eks', () => {
  it('binds the gateway’s Service to the target group of settings.env, on arm64 nodes', (context) => {
    if (!KUBECTL) return context.skip(NO_KUBECTL)
    const manifests = render('eks', KUBECTL)
    expect(find(manifests, 'TargetGroupBinding', 'gateway')).toEqual({
      apiVersion: 'eks.amazonaws.com/v1',
      kind: 'TargetGroupBinding',
      metadata: { name: 'gateway', namespace: 'warm-pods' },
      spec: {
        serviceRef: { name: 'gateway', port: 8080 },
        targetType: 'ip',
        targetGroupARN: expect.stringMatching(/^arn:aws:elasticloadbalancing:/),
      },
    })
    const spec = find<V1Deployment>(manifests, 'Deployment', 'gateway').spec?.template.spec
    expect(spec?.nodeSelector).toEqual({ 'kubernetes.io/arch': 'arm64' })
    expect(spec?.topologySpreadConstraints?.map(({ topologyKey }) => topologyKey)).toEqual([
      'topology.kubernetes.io/zone',
      'kubernetes.io/hostname',
    ])
    expect(manifests.map(({ kind }) => kind)).not.toContain('Secret')
  })
})

describe('the gateway on EKS', () => {
  it('pulls its image from Amazon’s registry, which limits no anonymous address', (context) => {
    if (!KUBECTL) return context.skip(NO_KUBECTL)
    const { spec } = find<V1Deployment>(render('eks', KUBECTL), 'Deployment', 'gateway')
    expect(spec?.template.spec?.containers.map(({ image }) => image)).toEqual([
      'public.ecr.aws/nginx/nginx-unprivileged:stable',
    ])
  })
})

describe('the network policies on EKS', () => {
  it('are enforced: the overlay switches the controller of Auto Mode on', (context) => {
    if (!KUBECTL) return context.skip(NO_KUBECTL)
    expect(find(render('eks', KUBECTL), 'ConfigMap', 'amazon-vpc-cni')).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'amazon-vpc-cni', namespace: 'kube-system' },
      data: { 'enable-network-policy-controller': 'true' },
    })
  })
})

describe('a real API server', () => {
  const context = process.env.KUBE_CONTEXT
  it.for(OVERLAYS)('accepts the overlay %s in a dry run (needs KUBE_CONTEXT)', (overlay, test) => {
    if (!KUBECTL) return test.skip(NO_KUBECTL)
    if (!context) return test.skip('KUBE_CONTEXT is not set, so no API server was used.')
    // A dry run creates no namespace, so its objects are tested in the namespace default.
    const manifests = render(overlay, KUBECTL).filter(({ kind }) => !EXTENSIONS.includes(kind))
    const items = manifests.map(({ metadata, ...rest }) => ({
      ...rest,
      metadata: { ...metadata, ...(metadata.namespace ? { namespace: 'default' } : {}) },
    }))
    const args = [
      '--context',
      context,
      'apply',
      '-f',
      '-',
      '--server-side',
      '--dry-run=server',
      '--validate=strict',
    ]
    const stdout = execFileSync(KUBECTL, [...args, '--force-conflicts', '--field-manager=manifests-test'], {
      encoding: 'utf8',
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
    })
    expect(stdout.trim().split('\n')).toHaveLength(items.length)
  })
})
