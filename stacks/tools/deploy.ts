/**
 * `npm run deploy -- --stage <stage>`: runs `sst deploy` and then applies k8s/overlays/eks to the stage's own cluster. When a
 * cluster lacks an operator or a key that the monitoring needs, it stops first.
 * `npm run sleep` and `npm run wake` do the same with `--power asleep` and `--power awake`.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { EKSClient } from '@aws-sdk/client-eks'
import { type ClusterReport, clusterReport } from './cluster-report.ts'
import { digestOf } from './image-digest.ts'
import { kubectlFor, ROOT } from './kubectl.ts'
import {
  componentsOf,
  copyMonitoring,
  type MonitoredStage,
  monitoredCluster,
  settingsOf,
  unmetMonitoring,
} from './monitoring.ts'
import { lastOutputs } from './outputs.ts'
import { GATEWAY_IMAGE, overlay } from './overlay.ts'

const { values } = parseArgs({
  options: { stage: { type: 'string' }, power: { type: 'string' } },
})
if (!values.stage) {
  console.error('The stage is missing. Usage: npm run deploy -- --stage production')
  process.exitCode = 2
} else {
  process.exitCode = (await deploy(values.stage, values.power)) ? 0 : 1
}

async function deploy(stage: string, power: string | undefined): Promise<boolean> {
  const settings = power ? { WARM_PODS_POWER: power } : {}
  if (!(await canMonitor(stage, { ...process.env, ...settings }))) return false
  if (!run('sst', ['deploy', '--stage', stage], settings)) return false
  const outputs = lastOutputs()
  const { apiUrl, region, clusterName, monitoring, podTargetGroupArn, repository } = outputs
  let isComplete = true
  if (clusterName) {
    const eks = new EKSClient({ region })
    try {
      const cluster = await describeCluster(eks, clusterName)
      if (!cluster.ready) return false
      // A shared cluster belongs to its owner, and an asleep stage has no cluster.
      if (podTargetGroupArn) {
        const target = { eks, clusterName, report: cluster, targetGroupArn: podTargetGroupArn }
        const applied = await applyManifests(target, monitoring, { apiUrl, region, repository, stage })
        if (applied === 'failed') return false
        isComplete = applied === 'complete'
      }
    } finally {
      eks.destroy()
    }
  }
  console.log(`\n${stage} is ${outputs.power}. API: ${apiUrl}`)
  return isComplete
}

/**
 * Checks the monitoring before anything is changed, as far as the cluster exists and answers.
 * @returns false when the cluster lacks an operator or a key. The sentence is printed.
 */
async function canMonitor(stage: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  const monitored = monitoredCluster(stage, settingsOf(ROOT, stage, environment))
  if (!monitored) return true
  const { components, name, region } = monitored
  const eks = new EKSClient({ region })
  try {
    const { server } = await clusterReport(eks, name, new Date())
    if (!server) return true
    const unmet = await unmetMonitoring(components, kubectlFor(eks, name, server, false))
    const known = unmet.filter(({ isUnknown }) => !isUnknown)
    if (known.length === 0) return true
    console.error(`${known.map(({ sentence }) => sentence).join('\n')}\nNothing was changed.`)
    return false
  } catch {
    // This deploy may create the cluster, or the access to it. It checks again before it applies the manifests.
    return true
  } finally {
    eks.destroy()
  }
}

/**
 * Prints and returns the report on the cluster.
 * An error of EKS counts as ready, because describing a shared cluster may not be permitted.
 */
async function describeCluster(eks: EKSClient, clusterName: string): Promise<ClusterReport> {
  try {
    const report = await clusterReport(eks, clusterName, new Date())
    console.log(`\n${report.sentences.join('\n')}`)
    return report
  } catch (error) {
    console.error(`\nEKS did not describe ${clusterName}: ${error instanceof Error ? error.message : error}`)
    return { ready: true, sentences: [] }
  }
}

interface Target {
  readonly eks: EKSClient
  readonly clusterName: string
  readonly report: ClusterReport
  readonly targetGroupArn: string
}

/**
 * Applies the manifests server-side, which leaves fields that the cluster sets unchanged.
 * @param monitoring components of k8s/monitoring, with commas. A component without its operator or key is named first, and left out.
 *   This happens in a cluster that the same deploy has created, which has no operator yet. Visitors need the gateway.
 * @returns `incomplete` if a component was left out.
 */
async function applyManifests(
  { clusterName, eks, report, targetGroupArn }: Target,
  monitoring: string,
  values: MonitoredStage,
): Promise<'complete' | 'incomplete' | 'failed'> {
  const { server } = report
  if (!server) {
    console.error(`EKS returned no endpoint of ${clusterName}, so the manifests were not applied.`)
    return 'failed'
  }
  const chosen = componentsOf(monitoring)
  const unmet = await unmetMonitoring(chosen, kubectlFor(eks, clusterName, server, false))
  for (const { component, sentence } of unmet)
    console.error(
      `\n${sentence}\nThe deploy continues without ${component}, because visitors need the gateway.`,
    )
  const folder = join(ROOT, '.sst/k8s')
  mkdirSync(folder, { recursive: true })
  copyMonitoring(join(ROOT, 'k8s/monitoring'), join(folder, 'monitoring'), values)
  const gatewayDigest = await findGatewayDigest()
  const components = chosen
    .filter((component) => !unmet.some((one) => one.component === component))
    .map((component) => `monitoring/${component}`)
  writeFileSync(
    join(folder, 'kustomization.yaml'),
    overlay({ base: '../../k8s/overlays/eks', targetGroupArn, gatewayDigest, components }),
  )
  const kubectl = kubectlFor(eks, clusterName, server, true)
  const succeeds = async (...args: string[]): Promise<boolean> => (await kubectl(...args)).status === 0
  const isApplied =
    (await succeeds('apply', '--server-side', '--force-conflicts', '-k', folder)) &&
    (await succeeds(
      '--namespace',
      'warm-pods',
      'rollout',
      'status',
      'deployment/gateway',
      '--timeout',
      '10m',
    ))
  if (!isApplied) return 'failed'
  return unmet.length === 0 ? 'complete' : 'incomplete'
}

/** Returns the digest of the gateway's image, so that every node runs the same one. Without the registry, the tag stays. */
async function findGatewayDigest(): Promise<string | undefined> {
  const { registry, repository, tag } = GATEWAY_IMAGE
  const name = `${registry}/${repository}:${tag}`
  try {
    const digest = await digestOf(GATEWAY_IMAGE)
    console.log(`\nThe gateway runs ${name}, ${digest}.`)
    return digest
  } catch (error) {
    const reason = error instanceof Error ? error.message : error
    console.error(
      `\nThe gateway's image is not pinned, because its registry named no digest of ${name}: ${reason}`,
    )
    return undefined
  }
}

function run(command: string, args: readonly string[], env: Record<string, string> = {}): boolean {
  const { status, error } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  if (error)
    console.error(
      `${command} did not start: ${error.message}. docs/operations.md lists the tools for a deploy.`,
    )
  return status === 0
}
