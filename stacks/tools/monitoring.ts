/** The monitoring of a stage in its cluster: the checks before a deploy applies it, and the values that only a deploy knows. */
import { cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { MONITORING, type Monitoring, parseSettings } from '../settings/settings.ts'
import type { Kubectl } from './kubectl.ts'

/** A component that cannot be applied, and the sentence for the owner. */
export interface Unmet {
  readonly component: Monitoring
  readonly sentence: string
  /** True when the cluster did not answer, so that the operator or key may be there. */
  readonly isUnknown: boolean
}

/** The kinds of another vendor's operator that a component uses, as names of CustomResourceDefinitions. A test compares them. */
export const OPERATOR_KINDS: Readonly<Record<Monitoring, readonly string[]>> = {
  prometheus: [
    'podmonitors.monitoring.coreos.com',
    'prometheusrules.monitoring.coreos.com',
    'scrapeconfigs.monitoring.coreos.com',
  ],
  datadog: ['datadogagents.datadoghq.com'],
  logs: [],
}
const OPERATORS: Readonly<Record<Monitoring, string>> = {
  prometheus: 'the Prometheus operator',
  datadog: 'the Datadog operator',
  logs: '',
}
/** The Secret that the owner makes (k8s/monitoring/datadog/agent.yaml). */
const DATADOG_SECRET = { namespace: 'datadog', name: 'datadog-secret', key: 'api-key' }

/** Returns the components that an output of the stack lists. */
export function componentsOf(list: string): Monitoring[] {
  const names = list.split(',')
  return MONITORING.filter((one) => names.includes(one))
}

/**
 * Returns each component whose operator or key the cluster lacks. It changes nothing.
 * @param kubectl returns its output.
 */
export async function unmetMonitoring(components: readonly Monitoring[], kubectl: Kubectl): Promise<Unmet[]> {
  const unmet: Unmet[] = []
  for (const component of components) {
    const problem = await problemOf(component, kubectl)
    if (problem) unmet.push({ component, ...problem })
  }
  return unmet
}

async function problemOf(
  component: Monitoring,
  kubectl: Kubectl,
): Promise<Omit<Unmet, 'component'> | undefined> {
  const setting = `WARM_PODS_MONITORING=${component}`
  const kinds = OPERATOR_KINDS[component]
  if (kinds.length > 0) {
    const { status, stderr, stdout } = await kubectl(
      'get',
      'crd',
      ...kinds,
      '--output=name',
      '--ignore-not-found',
    )
    if (status !== 0)
      return unknown(`${setting} needs kinds that kubectl could not look for: ${stderr.trim()}`)
    const missing = kinds.filter((kind) => !stdout.includes(kind))
    if (missing.length > 0)
      return lacking(
        `${setting} cannot be applied: the cluster does not have ${OPERATORS[component]} (${missing.join(', ')}). Install it (docs/monitoring.md) and deploy again, or unset the setting.`,
      )
  }
  return component === 'datadog' ? datadogKeyProblem(setting, kubectl) : undefined
}

async function datadogKeyProblem(
  setting: string,
  kubectl: Kubectl,
): Promise<Omit<Unmet, 'component'> | undefined> {
  const { key, name, namespace } = DATADOG_SECRET
  const { status, stderr, stdout } = await kubectl(
    ...['--namespace', namespace, 'get', 'secret', name, '--ignore-not-found'],
    // Prints no value: the output of a failed deploy may end up in a log.
    `--output=go-template={{if .data}}{{if index .data "${key}"}}present{{end}}{{end}}`,
  )
  if (status !== 0) return unknown(`${setting} needs a key that kubectl could not look for: ${stderr.trim()}`)
  if (stdout.trim() === 'present') return undefined
  return lacking(
    `${setting} cannot be applied: the Secret ${name} in the namespace ${namespace} has no ${key}. Make it and deploy again: kubectl -n ${namespace} create secret generic ${name} --from-literal ${key}=<key>`,
  )
}

function lacking(sentence: string): Omit<Unmet, 'component'> {
  return { sentence, isUnknown: false }
}

function unknown(sentence: string): Omit<Unmet, 'component'> {
  return { sentence, isUnknown: true }
}

/** The stage's own cluster as a deploy finds it, with the components that the deploy would apply there. */
export interface MonitoredCluster {
  readonly name: string
  readonly region: string
  readonly components: readonly Monitoring[]
}

/**
 * Returns the cluster of a stage that keeps one and has monitoring. Settings that `sst deploy` refuses count as none.
 * @param environment the settings of {@link settingsOf}.
 */
export function monitoredCluster(stage: string, environment: Environment): MonitoredCluster | undefined {
  try {
    const { cluster, monitoring, power, region } = parseSettings(stage, environment)
    if (cluster.kind !== 'own' || power === 'asleep' || monitoring.length === 0) return undefined
    return { name: `warm-pods-${stage}`, region, components: monitoring }
  } catch {
    return undefined
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Returns the settings as SST 4.17 reads them: `.env.<stage>` wins over the environment, and the environment over `.env`.
 * @param root the folder of these files, absolute.
 */
export function settingsOf(root: string, stage: string, environment: Environment): Environment {
  const fileOf = (name: string) => {
    const path = join(root, name)
    return existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {}
  }
  return { ...fileOf('.env'), ...environment, ...fileOf(`.env.${stage}`) }
}

/** The values of one stage. */
export interface MonitoredStage {
  readonly apiUrl: string
  readonly region: string
  readonly stage: string
  /** `owner/name`; empty leaves the placeholder of the runbook links. */
  readonly repository: string
}

/**
 * Copies k8s/monitoring, with the stage's values in place of the examples. No tracked file changes.
 * @param from,to absolute folders. A copy of an earlier deploy is replaced.
 */
export function copyMonitoring(from: string, to: string, stage: MonitoredStage): void {
  rmSync(to, { recursive: true, force: true })
  cpSync(from, to, { recursive: true })
  for (const file of globSync('**/*.{yaml,json}', { cwd: to })) {
    const path = join(to, file)
    writeFileSync(path, withValues(readFileSync(path, 'utf8'), stage))
  }
}

/** Returns a manifest with the stage's values. */
export function withValues(text: string, { apiUrl, region, repository, stage }: MonitoredStage): string {
  return text
    .replaceAll('api.example.com', new URL(apiUrl).host)
    .replaceAll('AWS_REGION: eu-central-1', `AWS_REGION: ${region}`)
    .replaceAll('/warm-pods/production/cluster', `/warm-pods/${stage}/cluster`)
    .replaceAll('stage:production', `stage:${stage}`)
    .replaceAll('OWNER/REPO', repository || 'OWNER/REPO')
}
