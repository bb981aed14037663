import { serviceTrust } from '../functions/roles.ts'
import type { Network } from '../network/network.ts'
import type { Settings } from '../settings/settings.ts'
import type { Registry } from './registry.ts'

/** In EKS standard support until 2027-08-02; a version in extended support costs $365 a month more. */
const KUBERNETES_VERSION = '1.36'

/** What the Lambdas need to know of a cluster, ours or somebody's. */
export interface ClusterFacts {
  readonly name: $util.Output<string>
  readonly endpoint: $util.Output<string>
  /** PEM, base64. */
  readonly ca: $util.Output<string>
  readonly arn: $util.Output<string>
  readonly gatewayUrl: string
  readonly image: $util.Output<string>
  /** Set when this stage bought it. */
  readonly own: aws.eks.Cluster | undefined
}

/** The cluster that this stage buys; undefined for a stage that buys none. */
export function ownCluster(
  s: Settings,
  network: Network | undefined,
  images: Registry | undefined,
  imageTag: string,
): ClusterFacts | undefined {
  if (!network || !images || !s.domain) return undefined
  const own = autoModeCluster(s, network)
  return {
    name: own.name,
    endpoint: own.endpoint,
    ca: own.certificateAuthority.data,
    arn: own.arn,
    gatewayUrl: `wss://gateway.${s.domain.name}`,
    image: $interpolate`${images.repositoryUrl}:${imageTag}`,
    own,
  }
}

/**
 * Somebody's cluster that this stage may use; undefined when it is to use none.
 * @throws Error naming WARM_PODS_CLUSTER when there is no such cluster in the region.
 */
export async function sharedCluster(s: Settings): Promise<ClusterFacts | undefined> {
  if (s.cluster.kind !== 'shared') return undefined
  const { name, gatewayUrl, image } = s.cluster
  const found = await aws.eks.getCluster({ name }).catch((cause) => {
    throw new Error(`WARM_PODS_CLUSTER names "${name}", and there is no such cluster in ${s.region}.`, {
      cause,
    })
  })
  return {
    name: $util.output(found.name),
    endpoint: $util.output(found.endpoint),
    ca: $util.output(found.certificateAuthorities[0]?.data ?? ''),
    arn: $util.output(found.arn),
    gatewayUrl,
    image: $util.output(image),
    own: undefined,
  }
}

/** EKS Auto Mode: AWS runs nodes, network, DNS and storage drivers. k8s/overlays/eks/node-pool.yaml says which nodes. */
function autoModeCluster(s: Settings, network: Network) {
  const policies = (role: aws.iam.Role, id: string, names: string[]) =>
    names.map(
      (name) =>
        new aws.iam.RolePolicyAttachment(`${id}${name}`, {
          role: role.name,
          policyArn: `arn:aws:iam::aws:policy/${name}`,
        }),
    )
  const role = new aws.iam.Role('ClusterRole', {
    name: `${$app.name}-${s.stage}-cluster`,
    // Auto Mode tags the sessions in which it acts.
    assumeRolePolicy: serviceTrust('eks.amazonaws.com', ['sts:AssumeRole', 'sts:TagSession']),
  })
  const nodeRole = new aws.iam.Role('NodeRole', {
    name: `${$app.name}-${s.stage}-node`,
    assumeRolePolicy: serviceTrust('ec2.amazonaws.com'),
  })
  const attached = [
    ...policies(role, 'ClusterRole', [
      'AmazonEKSClusterPolicy',
      'AmazonEKSComputePolicy',
      'AmazonEKSBlockStoragePolicy',
      'AmazonEKSLoadBalancingPolicy',
      'AmazonEKSNetworkingPolicy',
    ]),
    ...policies(nodeRole, 'NodeRole', [
      'AmazonEKSWorkerNodeMinimalPolicy',
      'AmazonEC2ContainerRegistryPullOnly',
    ]),
  ]
  const own = new aws.eks.Cluster(
    'Cluster',
    {
      name: `${$app.name}-${s.stage}`,
      version: KUBERNETES_VERSION,
      roleArn: role.arn,
      bootstrapSelfManagedAddons: false,
      accessConfig: {
        authenticationMode: 'API',
        // Whoever happens to deploy first gets nothing by it: the rights are the entries below and in github.ts.
        bootstrapClusterCreatorAdminPermissions: false,
      },
      // "system" brings the NodeClass "default" that our NodePool refers to. It admits the node role by itself: an
      // access entry of ours for it would be refused.
      computeConfig: { enabled: true, nodePools: ['system'], nodeRoleArn: nodeRole.arn },
      kubernetesNetworkConfig: { ipFamily: 'ipv4', elasticLoadBalancing: { enabled: true } },
      storageConfig: { blockStorage: { enabled: true } },
      vpcConfig: {
        subnetIds: network.nodeSubnetIds,
        // Public, because the Lambdas and CI stand outside and have no fixed address (docs/adr/0011).
        endpointPublicAccess: true,
        endpointPrivateAccess: true,
      },
      upgradePolicy: { supportType: 'STANDARD' },
      enabledClusterLogTypes: ['audit', 'authenticator'],
    },
    // EKS writes to a group of this name, and would make one that keeps everything for ever.
    { dependsOn: [...attached, auditLog(s)] },
  )
  return own
}

function auditLog(s: Settings) {
  return new aws.cloudwatch.LogGroup('ClusterLog', {
    name: `/aws/eks/${$app.name}-${s.stage}/cluster`,
    retentionInDays: 14,
  })
}

/**
 * Lets a function into the cluster as the one member of a group, whose rights are RBAC's (k8s/base/rbac.yaml), and by
 * no access policy.
 */
export function accessEntry(
  id: string,
  { name }: ClusterFacts,
  principalArn: $util.Input<string>,
  group: string,
) {
  const kubernetesGroups = [group]
  return new aws.eks.AccessEntry(id, { clusterName: name, principalArn, kubernetesGroups, type: 'STANDARD' })
}

/** Lets an IAM principal administer the whole cluster. */
export function administrator(id: string, own: aws.eks.Cluster, principalArn: $util.Input<string>) {
  const entry = new aws.eks.AccessEntry(id, { clusterName: own.name, principalArn, type: 'STANDARD' })
  new aws.eks.AccessPolicyAssociation(
    `${id}Policy`,
    {
      clusterName: own.name,
      principalArn,
      policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy',
      accessScope: { type: 'cluster' },
    },
    { dependsOn: [entry] },
  )
}
