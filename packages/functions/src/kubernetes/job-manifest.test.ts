import { LIMITS, type Limits } from '@warm-pods/core/limits.ts'
import { describe, expect, it } from 'vitest'
import { jobManifest, METRICS_PORT, specHash } from './job-manifest.ts'

const CONFIG = {
  image: 'echo:1',
  namespace: 'warm-pods',
  podMetrics: '' as '' | 'on' | 'datadog',
  limits: LIMITS,
  limitOverrides: {},
}
const KEY = 'dGhpcy1pcy10aGUta2V5LW9mLXRoZS1qb2ItMDEyMzQ'
const JOB = { name: 'warm-0-1-bcdfg', key: KEY, labels: { pool: 'warm', assigned: 'false' } }

const manifest = (more: Partial<typeof CONFIG> = {}) => jobManifest(JOB, { ...CONFIG, ...more })
const pod = () => manifest().spec?.template.spec
const container = () => pod()?.containers[0]

describe(jobManifest, () => {
  it('fits Pod Security level restricted', () => {
    // https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
    expect(pod()?.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(pod()?.securityContext?.runAsUser).toBeGreaterThan(0)
    expect(container()?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC', 'volumes', 'initContainers'])
      expect(pod()).not.toHaveProperty(field)
    expect(container()?.ports?.every((port) => port.hostPort === undefined)).toBe(true)
  })

  it('annotates Job and pod alike, so that a healed pod has the annotations too', () => {
    const annotations = { 'warm-pods/request-id': 'a' }
    const { metadata, spec } = jobManifest({ ...JOB, annotations }, CONFIG)
    expect(metadata?.annotations).toEqual(annotations)
    expect(spec?.template.metadata?.annotations).toEqual(annotations)
  })

  it('gives the pod no token of the cluster and no addresses of its services', () => {
    expect(pod()).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false })
  })

  it('sets requests and limits for CPU and memory', () => {
    expect(Object.keys(container()?.resources?.limits ?? {})).toEqual(['cpu', 'memory'])
    expect(Object.keys(container()?.resources?.requests ?? {})).toEqual(['cpu', 'memory'])
  })

  it('replaces a pod that failed, and has a deadline', () => {
    expect(manifest().spec).toMatchObject({
      completions: 1,
      parallelism: 1,
      activeDeadlineSeconds: LIMITS.jobDeadlineMs / 1_000,
      ttlSecondsAfterFinished: LIMITS.jobTtlMs / 1_000,
    })
    expect(manifest().spec?.backoffLimit).toBeGreaterThan(0)
    expect(pod()).toMatchObject({
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: LIMITS.graceMs / 1_000,
    })
  })

  it('has a readiness probe on the port that the gateway uses', () => {
    expect(container()?.readinessProbe?.httpGet).toEqual({ path: '/health', port: 8080 })
    expect(container()?.ports).toEqual([{ name: 'ws', containerPort: 8080 }])
  })

  it('passes the pod its key and identity, and nothing else', () => {
    const env = container()?.env ?? []
    expect(env.map(({ name }) => name).sort()).toEqual([
      'IMAGE',
      'NODE_NAME',
      'POD_IP',
      'POD_KEY',
      'POD_NAME',
      'POD_PORT',
      'POD_UID',
      'ZONE',
    ])
    expect(env.find(({ name }) => name === 'POD_KEY')?.value).toBe(KEY)
    expect(env.find(({ name }) => name === 'POD_IP')?.valueFrom?.fieldRef?.fieldPath).toBe('status.podIP')
  })

  it('passes the limits only if the stage overrides some', () => {
    const limitOverrides: Partial<Limits> = { socketIdleMs: 5_000 }
    const env = manifest({ limitOverrides }).spec?.template.spec?.containers[0]?.env
    expect(env?.find(({ name }) => name === 'LIMITS')?.value).toBe('{"socketIdleMs":5000}')
  })

  it('opens the port for metrics only in a stage with monitoring', () => {
    const container = (podMetrics: '' | 'on' | 'datadog') =>
      manifest({ podMetrics }).spec?.template.spec?.containers[0]
    const port = (podMetrics: '' | 'on' | 'datadog') =>
      container(podMetrics)?.env?.find(({ name }) => name === 'METRICS_PORT')?.value
    expect([port(''), port('on'), port('datadog')]).toEqual([
      undefined,
      ...Array(2).fill(String(METRICS_PORT)),
    ])
    expect(container('on')?.ports?.at(-1)).toEqual({ name: 'metrics', containerPort: METRICS_PORT })
  })

  it('has the annotations of Datadog only in a stage with Datadog, for the container and its port', () => {
    const annotations = (podMetrics: '' | 'on' | 'datadog') =>
      manifest({ podMetrics }).spec?.template.metadata?.annotations
    expect([annotations(''), annotations('on')]).toEqual([undefined, undefined])
    const container = manifest().spec?.template.spec?.containers[0]?.name
    const check = annotations('datadog')?.[`ad.datadoghq.com/${container}.checks`] ?? ''
    expect(JSON.parse(check).openmetrics.instances).toMatchObject([
      { openmetrics_endpoint: `http://%%host%%:${METRICS_PORT}/metrics`, namespace: 'warm_pods' },
    ])
  })

  it('contains the key only in the environment, not in a label, name or annotation', () => {
    const text = JSON.stringify(manifest())
    expect(text.split(KEY)).toHaveLength(2)
    expect(JSON.stringify([manifest().metadata, manifest().spec?.template.metadata])).not.toContain(KEY)
  })

  it('gives Job and pod the same valid labels', () => {
    const labels = manifest().metadata?.labels ?? {}
    expect(labels).toMatchObject({ 'app.kubernetes.io/name': 'warm-pods', pool: 'warm', assigned: 'false' })
    expect(manifest().spec?.template.metadata?.labels).toEqual(labels)
    for (const value of Object.values(labels))
      expect(value).toMatch(/^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/)
  })
})

describe(specHash, () => {
  it('differs for another image and for other limits of the pod', () => {
    const hashes = [
      specHash(CONFIG),
      specHash({ ...CONFIG, image: 'echo:2' }),
      specHash({ ...CONFIG, podMetrics: 'on' }),
      specHash({ ...CONFIG, podMetrics: 'datadog' }),
      specHash({ ...CONFIG, limits: { ...LIMITS, graceMs: 4_000 } }),
      specHash({ ...CONFIG, limits: { ...LIMITS, jobDeadlineMs: LIMITS.jobDeadlineMs + 1 } }),
      specHash({ ...CONFIG, limitOverrides: { messageBurst: 1 } }),
    ]
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  it('is the same for every key, name and label', () => {
    const one = manifest().metadata?.labels?.['warm-pods/spec']
    const other = jobManifest({ name: 'cold-x', key: 'y', labels: {} }, CONFIG).metadata?.labels?.[
      'warm-pods/spec'
    ]
    expect(one).toBe(specHash(CONFIG))
    expect(other).toBe(one)
    expect(specHash({ ...CONFIG, namespace: 'elsewhere' })).toBe(one)
  })

  it('does not contain its input', () => {
    expect(specHash(CONFIG)).toMatch(/^[0-9a-f]{12}$/)
  })
})
