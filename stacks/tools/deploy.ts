/**
 * `npm run deploy -- --stage <stage>`: runs `sst deploy` and then applies k8s/overlays/eks to the stage's own cluster.
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
  if (!run('sst', ['deploy', '--stage', stage], power ? { WARM_PODS_POWER: power } : {})) return false
  const outputs = lastOutputs()
  const { region, clusterName, podTargetGroupArn } = outputs
  if (clusterName) {
    const eks = new EKSClient({ region })
    try {
      const cluster = await describeCluster(eks, clusterName)
      if (!cluster.ready) return false
      // A shared cluster belongs to its owner, and an asleep stage has no cluster.
      if (podTargetGroupArn && !(await applyManifests(eks, clusterName, cluster, podTargetGroupArn)))
        return false
    } finally {
      eks.destroy()
    }
  }
  console.log(`\n${stage} is ${outputs.power}. API: ${outputs.apiUrl}`)
  return true
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

/** Applies the manifests server-side, which leaves fields that the cluster sets unchanged. */
async function applyManifests(
  eks: EKSClient,
  clusterName: string,
  { server }: ClusterReport,
  targetGroupArn: string,
): Promise<boolean> {
  if (!server) {
    console.error(`EKS returned no endpoint of ${clusterName}, so the manifests were not applied.`)
    return false
  }
  const folder = join(ROOT, '.sst/k8s')
  mkdirSync(folder, { recursive: true })
  const gatewayDigest = await findGatewayDigest()
  writeFileSync(
    join(folder, 'kustomization.yaml'),
    overlay({ base: '../../k8s/overlays/eks', targetGroupArn, gatewayDigest }),
  )
  const kubectl = kubectlFor(eks, clusterName, server, true)
  const succeeds = async (...args: string[]): Promise<boolean> => (await kubectl(...args)).status === 0
  return (
    (await succeeds('apply', '--server-side', '--force-conflicts', '-k', folder)) &&
    succeeds('--namespace', 'warm-pods', 'rollout', 'status', 'deployment/gateway', '--timeout', '10m')
  )
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
