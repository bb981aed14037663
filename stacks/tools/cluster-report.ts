/** What EKS itself says of a stage's cluster, as sentences for whoever has just deployed or woken it. */
import {
  type Cluster,
  DescribeClusterCommand,
  DescribeClusterVersionsCommand,
  type EKSClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-eks'

/** Time enough to plan an upgrade. */
const SOON_DAYS = 90
const DAY_MS = 86_400_000

export interface ClusterReport {
  /** False when nothing can be applied to it now. */
  readonly ready: boolean
  readonly sentences: readonly string[]
}

/**
 * Two calls: DescribeCluster, and DescribeClusterVersions for how long the version is supported.
 * @throws whatever keeps EKS from answering: credentials, rights, network.
 */
export async function clusterReport(eks: EKSClient, name: string, now: Date): Promise<ClusterReport> {
  const cluster = await find(eks, name)
  if (!cluster) {
    const sentence = `There is no EKS cluster "${name}" in ${await eks.config.region()}.`
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
          'It will stay on its version when that is over and pay for it: its upgrade policy is not STANDARD.',
        ]),
  ]
  return { ready: true, sentences }
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

/** The end of a sentence. https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html */
async function support(eks: EKSClient, version: string, now: Date): Promise<string> {
  const { clusterVersions = [] } = await eks.send(
    new DescribeClusterVersionsCommand({ clusterVersions: [version] }),
  )
  const ends = clusterVersions[0]?.endOfStandardSupportDate
  if (!ends) return 'and EKS does not say how long that is supported.'
  const days = Math.ceil((ends.getTime() - now.getTime()) / DAY_MS)
  const date = ends.toISOString().slice(0, 10)
  if (days <= 0) return `whose standard support ended on ${date}: extended support costs six times as much.`
  if (days > SOON_DAYS) return `in standard support until ${date}.`
  return `whose standard support ends on ${date}, in ${days} days: upgrade it before (docs/operations.md), since extended support costs six times as much.`
}

/** Functions and workflows have no address in its network. */
function accessProblems({ resourcesVpcConfig }: Cluster): string[] {
  const { endpointPublicAccess = false, publicAccessCidrs = [] } = resourcesVpcConfig ?? {}
  if (!endpointPublicAccess) return ['Its API server is not public: no function reaches it (docs/adr/0011).']
  if (publicAccessCidrs.includes('0.0.0.0/0') || publicAccessCidrs.length === 0) return []
  return [`Its API server admits ${publicAccessCidrs.join(', ')} alone: functions come from anywhere.`]
}
