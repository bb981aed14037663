import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dump } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { podFile, prometheusConfig, type ScrapedSystem } from './prometheus-config.ts'
import { ruleFile } from './prometheus-rules.ts'

const SYSTEM: ScrapedSystem = {
  site: 'http://localhost:4400',
  kubernetes: 'http://127.0.0.1:4401',
  namespace: 'warm-pods',
  rules: [],
  intervalS: 5,
}

interface Parsed {
  readonly scrape_configs: readonly Record<string, unknown>[]
}
const scrapesOf = (system: ScrapedSystem) => (prometheusConfig(system) as Parsed).scrape_configs

describe(prometheusConfig, () => {
  it('finds the pods by a watch of one namespace, and reads the API under the path of its origin', () => {
    const [pods, api] = scrapesOf(SYSTEM)
    expect(pods?.['kubernetes_sd_configs']).toEqual([
      {
        role: 'pod',
        api_server: SYSTEM.kubernetes,
        namespaces: { names: ['warm-pods'] },
        selectors: [{ role: 'pod', label: 'app.kubernetes.io/name=warm-pods' }],
      },
    ])
    expect(api).toMatchObject({
      metrics_path: '/api/metrics',
      static_configs: [{ targets: ['localhost:4400'], labels: { namespace: 'warm-pods' } }],
    })
  })

  it('reads pods through the API server if this machine does not reach them', () => {
    const [pods] = scrapesOf({ ...SYSTEM, throughApiServer: true })
    expect(JSON.stringify(pods?.['relabel_configs'])).toContain(
      '/api/v1/namespaces/$1/pods/$2:$3/proxy/metrics',
    )
  })

  it('is accepted by promtool, with the rules and every optional job', (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'warm-pods-config-'))
    try {
      const rules = join(folder, 'rules.yml')
      const config = join(folder, 'prometheus.yml')
      writeFileSync(rules, dump(ruleFile()))
      const everything = {
        ...SYSTEM,
        rules: [rules],
        // Debian's promtool knows no discovery by Kubernetes.
        podFile: join(folder, 'pods.json'),
        kubeState: '127.0.0.1:1',
        gatewayExporters: ['127.0.0.1:2'],
        apiServer: true,
      }
      writeFileSync(everything.podFile, '[]')
      writeFileSync(config, dump(prometheusConfig(everything)))
      const { error, status, stderr, stdout } = spawnSync('promtool', ['check', 'config', config], {
        encoding: 'utf8',
      })
      if (error)
        return context.skip('There is no promtool on the PATH, so the configuration was not checked.')
      expect([status, stderr]).toEqual([0, expect.not.stringContaining('FAILED')])
      expect(stdout).toContain('8 rules found')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe(podFile, () => {
  const pod = (name: string, podIP: string | undefined, port: string) => ({
    metadata: { name, namespace: 'warm-pods', labels: { 'app.kubernetes.io/name': 'warm-pods' } },
    spec: { containers: [{ ports: [{ name: port, containerPort: 9464 }] }] },
    status: { phase: 'Running', ...(podIP === undefined ? {} : { podIP }) },
  })

  it('lists pods with an address and a port for metrics, with the labels of the discovery', () => {
    const pods = [
      pod('a', '127.88.0.1', 'metrics'),
      pod('b', undefined, 'metrics'),
      pod('c', '127.88.0.2', 'ws'),
    ]
    expect(podFile(pods, (ip, port) => `${ip}:${port}`)).toEqual([
      {
        targets: ['127.88.0.1:9464'],
        labels: {
          __meta_kubernetes_namespace: 'warm-pods',
          __meta_kubernetes_pod_name: 'a',
          __meta_kubernetes_pod_phase: 'Running',
          __meta_kubernetes_pod_label_app_kubernetes_io_name: 'warm-pods',
          __meta_kubernetes_pod_container_port_name: 'metrics',
          __meta_kubernetes_pod_container_port_number: '9464',
        },
      },
    ])
  })
})
