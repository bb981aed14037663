/**
 * `npm run deploy -- --stage <stage>`: `sst deploy`, and then what lives in the cluster (k8s/overlays/eks), which only an
 * API server can take. `npm run sleep` and `npm run wake` are the same with `--power asleep` and `--power awake`.
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
  console.error('Which stage? npm run deploy -- --stage production')
  process.exitCode = 2
} else {
  process.exitCode = (await deploy(values.stage, values.power)) ? 0 : 1
}

async function deploy(stage: string, power: string | undefined): Promise<boolean> {
  if (!run('sst', ['deploy', '--stage', stage], power ? { WARM_PODS_POWER: power } : {})) return false
  const outputs = v.parse(Outputs, JSON.parse(readFileSync(join(ROOT, '.sst/outputs.json'), 'utf8')))
  const { region, clusterName, podTargetGroupArn } = outputs
  if (clusterName && !(await isReady(region, clusterName))) return false
  // A shared cluster is its owner's, and an asleep stage has none.
  if (clusterName && podTargetGroupArn && !applyManifests(region, clusterName, podTargetGroupArn))
    return false
  console.log(`\n${stage} is ${outputs.power}. API: ${outputs.apiUrl}`)
  return true
}

/** Says what EKS says. Where EKS does not tell us (a shared cluster may not be ours to look at), what follows will. */
async function isReady(region: string, clusterName: string): Promise<boolean> {
  const eks = new EKSClient({ region })
  try {
    const { ready, sentences } = await clusterReport(eks, clusterName, new Date())
    console.log(`\n${sentences.join('\n')}`)
    return ready
  } catch (error) {
    console.error(
      `\nEKS did not say how ${clusterName} is: ${error instanceof Error ? error.message : error}`,
    )
    return true
  } finally {
    eks.destroy()
  }
}

/** Server-side, so that fields which the cluster itself fills in are left alone. */
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
    console.error(`${command} did not start: ${error.message}. docs/operations.md says what a deploy needs.`)
  return status === 0
}
