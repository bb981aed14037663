/**
 * `npm run deploy -- --stage <stage>`: runs `sst deploy` and then applies k8s/overlays/eks to the stage's own cluster.
 * `npm run sleep` and `npm run wake` do the same with `--power asleep` and `--power awake`.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { EKSClient } from '@aws-sdk/client-eks'
import * as v from 'valibot'
import { clusterReport } from './cluster-report.ts'
import { overlay } from './overlay.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const KUBECONFIG = join(ROOT, '.sst/kubeconfig')

const Outputs = v.object({
  power: v.picklist(['awake', 'asleep']),
  region: v.string(),
  apiUrl: v.string(),
  clusterName: v.optional(v.string()),
  namespace: v.optional(v.string()),
  podTargetGroupArn: v.optional(v.string()),
})

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
  const outputs = v.parse(Outputs, JSON.parse(readFileSync(join(ROOT, '.sst/outputs.json'), 'utf8')))
  const { region, clusterName, podTargetGroupArn } = outputs
  if (clusterName && !(await isReady(region, clusterName))) return false
  // A shared cluster belongs to its owner, and an asleep stage has no cluster.
  if (clusterName && podTargetGroupArn && !applyManifests(region, clusterName, podTargetGroupArn))
    return false
  console.log(`\n${stage} is ${outputs.power}. API: ${outputs.apiUrl}`)
  return true
}

/**
 * Prints the report on the cluster. Returns false if manifests cannot be applied now.
 * An error of EKS counts as ready, because describing a shared cluster may not be permitted.
 */
async function isReady(region: string, clusterName: string): Promise<boolean> {
  const eks = new EKSClient({ region })
  try {
    const { ready, sentences } = await clusterReport(eks, clusterName, new Date())
    console.log(`\n${sentences.join('\n')}`)
    return ready
  } catch (error) {
    console.error(`\nEKS did not describe ${clusterName}: ${error instanceof Error ? error.message : error}`)
    return true
  } finally {
    eks.destroy()
  }
}

/** Applies the manifests server-side, which leaves fields that the cluster sets unchanged. */
function applyManifests(region: string, clusterName: string, targetGroupArn: string): boolean {
  const folder = join(ROOT, '.sst/k8s')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'kustomization.yaml'), overlay('../../k8s/overlays/eks', targetGroupArn))
  const kubectl = (...args: string[]): boolean => run('kubectl', ['--kubeconfig', KUBECONFIG, ...args])
  return (
    run('aws', [
      'eks',
      'update-kubeconfig',
      '--name',
      clusterName,
      '--region',
      region,
      '--kubeconfig',
      KUBECONFIG,
    ]) &&
    kubectl('apply', '--server-side', '--force-conflicts', '-k', folder) &&
    kubectl('--namespace', 'warm-pods', 'rollout', 'status', 'deployment/gateway', '--timeout', '10m')
  )
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
