/** Reports the state of a stage's EKS cluster after a deploy, as printable lines. */
import {
  type Cluster,
  DescribeClusterCommand,
  DescribeClusterVersionsCommand,
  type EKSClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-eks'
import type { ApiServer } from './kubeconfig.ts'

/** The report warns this long before standard support ends, so that an upgrade can be planned. */
const SOON_DAYS = 90
const DAY_MS = 86_400_000

export interface ClusterReport {
  /** False if manifests cannot be applied to the cluster now. */
  readonly ready: boolean
  readonly sentences: readonly string[]
  /** Undefined if EKS returned no endpoint or no CA. */
  readonly server?: ApiServer
}

/**
 * Calls DescribeCluster, and DescribeClusterVersions for the end of the version's support.
 * @throws errors of the AWS SDK other than ResourceNotFoundException: credentials, permissions, network.
 */
export async function clusterReport(eks: EKSClient, name: string, now: Date): Promise<ClusterReport> {
  const cluster = await find(eks, name)
  if (!cluster) {
    const sentence = `EKS has no cluster "${name}" in ${await eks.config.region()}.`
    return { ready: false, sentences: [sentence] }
  }
  const { status, version = 'of an unknown version' } = cluster
  if (status !== 'ACTIVE') {
    const issues = (cluster.health?.issues ?? []).map(({ message }) => ` ${message}`).join('')
    return { ready: false, sentences: [`The cluster ${name} is ${status}, not ACTIVE.${issues}`] }
  }
  const sentences = [
    `The cluster ${name} is ACTIVE, on Kubernetes ${version}, ${await support(eks, version, now)}`,
    ...accessProblems(cluster),
    ...(cluster.upgradePolicy?.supportType === 'STANDARD'
      ? []
      : [
          'Its upgrade policy is not STANDARD: at the end of standard support it stays on its version and costs more.',
        ]),
  ]
  const { endpoint, certificateAuthority: { data: ca } = {} } = cluster
  return { ready: true, sentences, ...(endpoint && ca ? { server: { endpoint, ca } } : {}) }
}

async function find(eks: EKSClient, name: string): Promise<Cluster | undefined> {
  try {
    const { cluster } = await eks.send(new DescribeClusterCommand({ name }))
    return cluster
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined
    throw error
  }
}

/** Returns the end of a sentence. https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html */
async function support(eks: EKSClient, version: string, now: Date): Promise<string> {
  const { clusterVersions = [] } = await eks.send(
    new DescribeClusterVersionsCommand({ clusterVersions: [version] }),
  )
  const ends = clusterVersions[0]?.endOfStandardSupportDate
  if (!ends) return 'and EKS does not report the end of its standard support.'
  const days = Math.ceil((ends.getTime() - now.getTime()) / DAY_MS)
  const date = ends.toISOString().slice(0, 10)
  if (days <= 0)
    return `whose standard support ended on ${date}. Upgrade it: extended support costs six times as much.`
  if (days > SOON_DAYS) return `in standard support until ${date}.`
  return `whose standard support ends on ${date}, in ${days} days. Upgrade it before then (docs/operations.md): extended support costs six times as much.`
}

/** Functions and workflows run outside the cluster's network and have no fixed address. */
function accessProblems({ resourcesVpcConfig }: Cluster): string[] {
  const { endpointPublicAccess = false, publicAccessCidrs = [] } = resourcesVpcConfig ?? {}
  if (!endpointPublicAccess)
    return ['Its API server is not public, so no function reaches it (docs/adr/0011).']
  if (publicAccessCidrs.includes('0.0.0.0/0') || publicAccessCidrs.length === 0) return []
  return [
    `Its API server admits only ${publicAccessCidrs.join(', ')}, and functions connect from other addresses.`,
  ]
}
