/** The monitoring of WARM_PODS_MONITORING in the context's cluster: its operators' kinds, its key, and its objects. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ApiClient } from '@warm-pods/local/cluster-context/api-client.ts'
import { UserError } from '@warm-pods/local/user-error.ts'
import { loadAll } from 'js-yaml'
import { installKinds, type Kind, NAMESPACE, nameOf, plural, removeKinds } from './cluster.ts'

const PROMETHEUS = 'monitoring.coreos.com'
const DATADOG = {
  kind: 'DatadogAgent',
  group: 'datadoghq.com',
  version: 'v2alpha1',
  scope: 'Namespaced',
} as const
const DATADOG_NAMESPACE = 'datadog'

/** The kinds that each component needs, and the paths of some of its objects. */
const COMPONENTS: Readonly<
  Record<string, { readonly kinds: readonly Kind[]; readonly objects: readonly string[] }>
> = {
  prometheus: {
    kinds: [
      { group: PROMETHEUS, version: 'v1', kind: 'PodMonitor', scope: 'Namespaced' },
      { group: PROMETHEUS, version: 'v1', kind: 'PrometheusRule', scope: 'Namespaced' },
      { group: PROMETHEUS, version: 'v1alpha1', kind: 'ScrapeConfig', scope: 'Namespaced' },
    ],
    objects: [
      `/apis/${PROMETHEUS}/v1/namespaces/${NAMESPACE}/podmonitors/pods`,
      `/apis/${PROMETHEUS}/v1/namespaces/${NAMESPACE}/podmonitors/gateway`,
      `/apis/${PROMETHEUS}/v1/namespaces/${NAMESPACE}/prometheusrules/alerts`,
      `/apis/${PROMETHEUS}/v1alpha1/namespaces/${NAMESPACE}/scrapeconfigs/api`,
      `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/networkpolicies/scraper`,
      `/api/v1/namespaces/${NAMESPACE}/configmaps/board-refill`,
    ],
  },
  datadog: {
    kinds: [DATADOG],
    objects: [
      `/apis/${DATADOG.group}/${DATADOG.version}/namespaces/${DATADOG_NAMESPACE}/${plural(DATADOG)}/datadog`,
      `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/networkpolicies/datadog`,
    ],
  },
  logs: {
    kinds: [],
    objects: [
      '/apis/apps/v1/namespaces/warm-pods-logs/daemonsets/collector',
      '/apis/apps/v1/namespaces/warm-pods-logs/deployments/events',
    ],
  },
}

/** Returns the components of the setting. */
export function componentsOf(setting: string | undefined): string[] {
  return (setting ?? '').split(',').filter((name) => name in COMPONENTS)
}

/** Returns the components whose operator the cluster lacks. */
export async function componentsWithoutKinds(
  client: ApiClient,
  components: readonly string[],
): Promise<string[]> {
  const lacking = []
  for (const component of components)
    for (const kind of COMPONENTS[component]?.kinds ?? []) {
      const { status } = await client.call('GET', `/apis/${kind.group}/${kind.version}/${plural(kind)}`)
      if (status !== 404) continue
      lacking.push(component)
      break
    }
  return lacking
}

/**
 * Installs the operators' kinds that the cluster lacks, and makes the Secret with Datadog's key.
 * @param folder with the operators' CustomResourceDefinitions. Without it, the kinds accept any content.
 * @returns a function that removes all of it.
 */
export async function prepareMonitoring(
  client: ApiClient,
  components: readonly string[],
  folder: string | undefined,
): Promise<() => Promise<void>> {
  const kinds = await installKinds(
    client,
    components.flatMap((component) => COMPONENTS[component]?.kinds ?? []),
    folder === undefined ? undefined : definitionsIn(folder),
  )
  const hasDatadog = components.includes('datadog')
  if (hasDatadog) {
    await client.call('POST', '/api/v1/namespaces', {
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: DATADOG_NAMESPACE } },
    })
    await client.call('POST', `/api/v1/namespaces/${DATADOG_NAMESPACE}/secrets`, {
      body: {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'datadog-secret' },
        stringData: { 'api-key': 'none' },
      },
    })
  }
  return async () => {
    await removeKinds(client, kinds)
    if (hasDatadog) await client.call('DELETE', `/api/v1/namespaces/${DATADOG_NAMESPACE}`)
  }
}

/**
 * Reads the CustomResourceDefinitions of a folder.
 * @returns a function that throws UserError for a kind that the folder lacks.
 */
function definitionsIn(folder: string): (kind: Kind) => object {
  const documents = globSync('*.yaml', { cwd: folder }).flatMap((file) =>
    loadAll(readFileSync(join(folder, file), 'utf8')),
  ) as ({ metadata?: { name?: string } } | null)[]
  return (kind) => {
    const found = documents.find((document) => document?.metadata?.name === nameOf(kind))
    if (!found) throw new UserError(`${folder} has no definition of ${nameOf(kind)}.`)
    return found
  }
}

/** Checks that the objects of each component exist. @throws Error with the paths of the missing objects. */
export async function checkMonitoring(client: ApiClient, components: readonly string[]): Promise<void> {
  const missing = []
  for (const path of components.flatMap((component) => COMPONENTS[component]?.objects ?? []))
    if ((await client.call('GET', path)).status !== 200) missing.push(path)
  if (missing.length > 0) throw new Error(`The deploy did not create ${missing.join(', ')}.`)
}
