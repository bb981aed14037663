import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadAll } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { MONITORING } from '../settings/settings.ts'
import type { Kubectl } from './kubectl.ts'
import {
  componentsOf,
  monitoredCluster,
  OPERATOR_KINDS,
  settingsOf,
  unmetMonitoring,
  withValues,
} from './monitoring.ts'

const K8S = join(import.meta.dirname, '../../k8s/monitoring')
const STAGE = {
  apiUrl: 'https://api.pods.example.org',
  region: 'eu-west-1',
  stage: 'production',
  repository: 'owner/warm-pods',
}

/** A kubectl that answers from the cluster's kinds and the key of Datadog. */
function cluster({ kinds = [] as readonly string[], key = false, status = 0, stderr = '' }): Kubectl {
  return async (...args) => {
    const stdout = args.includes('secret')
      ? key
        ? 'present'
        : ''
      : kinds.filter((kind) => args.includes(kind)).join('\n')
    return { status, stdout, stderr }
  }
}

const sentences = async (kubectl: Kubectl) =>
  (await unmetMonitoring(MONITORING, kubectl)).map(({ sentence }) => sentence)

describe(unmetMonitoring, () => {
  it('names the operators that a cluster lacks, with their kinds', async () => {
    expect(await sentences(cluster({}))).toEqual([
      expect.stringMatching(/^WARM_PODS_MONITORING=prometheus .* the Prometheus operator \(podmonitors\./),
      expect.stringMatching(/^WARM_PODS_MONITORING=datadog .* the Datadog operator \(datadogagents\./),
    ])
  })

  it('names a single missing kind, such as that of an old operator', async () => {
    const kinds = Object.values(OPERATOR_KINDS)
      .flat()
      .filter((kind) => !kind.startsWith('scrapeconfigs'))
    expect(await sentences(cluster({ kinds, key: true }))).toEqual([
      expect.stringContaining('(scrapeconfigs.monitoring.coreos.com)'),
    ])
  })

  it('prints the command that makes a missing key', async () => {
    const kinds = Object.values(OPERATOR_KINDS).flat()
    expect(await sentences(cluster({ kinds }))).toEqual([
      expect.stringContaining(
        'kubectl -n datadog create secret generic datadog-secret --from-literal api-key=',
      ),
    ])
    expect(await sentences(cluster({ kinds, key: true }))).toEqual([])
  })

  it('repeats the words of kubectl when the cluster does not answer, and claims no lack', async () => {
    const kubectl = cluster({ status: 1, stderr: 'Unauthorized' })
    for (const { isUnknown, sentence } of await unmetMonitoring(MONITORING, kubectl))
      expect([isUnknown, sentence]).toEqual([
        true,
        expect.stringMatching(/could not look for: Unauthorized$/),
      ])
    const kinds = Object.values(OPERATOR_KINDS).flat()
    const noSecrets: Kubectl = async (...args) =>
      args.includes('secret') ? { status: 1, stdout: '', stderr: 'Forbidden' } : cluster({ kinds })(...args)
    expect(await unmetMonitoring(['datadog'], noSecrets)).toMatchObject([
      {
        isUnknown: true,
        sentence: expect.stringMatching(/a key that kubectl could not look for: Forbidden$/),
      },
    ])
  })

  it('checks every kind of another vendor that a component has', () => {
    for (const [component, kinds] of Object.entries(OPERATOR_KINDS)) {
      const files = ['pod-monitors', 'api', 'rules', 'agent', 'collector', 'events'].flatMap((name) => {
        try {
          return loadAll(readFileSync(join(K8S, component, `${name}.yaml`), 'utf8'))
        } catch {
          return []
        }
      }) as { apiVersion: string; kind: string }[]
      const foreign = files.filter(({ apiVersion }) => /coreos|datadoghq/.test(apiVersion))
      const names = foreign.map(
        ({ apiVersion, kind }) => `${kind.toLowerCase()}s.${apiVersion.split('/')[0]}`,
      )
      expect([...new Set(names)].sort()).toEqual([...kinds].sort())
    }
  })
})

describe(monitoredCluster, () => {
  const production = {
    WARM_PODS_DOMAIN: 'pods.example.com',
    WARM_PODS_ZONE_ID: 'Z0EXAMPLE',
    WARM_PODS_SITE_ORIGIN: 'https://owner.github.io',
    WARM_PODS_ALARM_EMAIL: 'owner@example.com',
    WARM_PODS_REPOSITORY: 'owner/warm-pods',
    WARM_PODS_MONITORING: 'datadog,prometheus',
  }

  it('is the cluster of production, with the components that the settings list', () => {
    expect(monitoredCluster('production', production)).toEqual({
      name: 'warm-pods-production',
      region: 'eu-central-1',
      components: ['prometheus', 'datadog'],
    })
  })

  it.each([
    ['falls asleep', 'production', { ...production, WARM_PODS_POWER: 'asleep' }],
    ['has no monitoring', 'production', { ...production, WARM_PODS_MONITORING: 'none' }],
    ['has settings that sst deploy refuses', 'production', { ...production, WARM_PODS_NAT: 'yes' }],
    ['owns no cluster', 'ada', {}],
  ])('is none for a stage that %s', (_, stage, environment) => {
    expect(monitoredCluster(stage, environment)).toBeUndefined()
  })
})

describe(settingsOf, () => {
  it('reads the files of SST: that of the stage wins, and .env only fills gaps', () => {
    const root = mkdtempSync(join(tmpdir(), 'warm-pods-settings-'))
    try {
      writeFileSync(join(root, '.env'), 'A=file\nB=file\nC=file\n')
      writeFileSync(join(root, '.env.production'), 'B=stage\n')
      expect(settingsOf(root, 'production', { A: 'shell', B: 'shell' })).toEqual({
        A: 'shell',
        B: 'stage',
        C: 'file',
      })
      expect(settingsOf(join(root, 'missing'), 'production', { A: 'shell' })).toEqual({ A: 'shell' })
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})

describe(componentsOf, () => {
  it('reads the output of the stack', () => {
    expect([componentsOf(''), componentsOf('logs,prometheus')]).toEqual([[], ['prometheus', 'logs']])
  })
})

describe(withValues, () => {
  it.each([
    ['prometheus/api.yaml', 'targets: [api.pods.example.org]'],
    ['prometheus/rules.yaml', 'https://github.com/owner/warm-pods/blob/main/docs/operations.md#'],
    ['datadog/agent.yaml', 'https://api.pods.example.org/metrics'],
    ['datadog/agent.yaml', '"stage:ada"'],
    ['logs/collector.yaml', 'AWS_REGION: eu-west-1'],
    ['logs/collector.yaml', 'LOG_GROUP: /warm-pods/ada/cluster'],
  ])('gives %s the value %s', (file, value) => {
    const text = withValues(readFileSync(join(K8S, file), 'utf8'), { ...STAGE, stage: 'ada' })
    expect(text).toContain(value)
    expect(text).not.toMatch(/api\.example\.com|OWNER\/REPO/)
  })

  it('leaves the placeholder of the runbook without a repository', () => {
    expect(withValues('OWNER/REPO', { ...STAGE, repository: '' })).toBe('OWNER/REPO')
  })
})
