import { serviceTrust } from '../functions/roles.ts'
import type { Network } from '../network/network.ts'
import type { Settings } from '../settings/settings.ts'
import type { Registry } from './registry.ts'

/** In EKS standard support until 2027-08-02. Extended support of an older version costs $365 a month more. */
const KUBERNETES_VERSION = '1.36'

/** The EKS cluster that the Lambdas use, created by this stage or shared. */
export interface ClusterInfo {
  readonly name: $util.Output<string>
  readonly arn: $util.Output<string>
  /** Origin of the gateway, `wss://…`. */
  readonly gatewayUrl: string
  /** Full reference of the pod's image. That of the stage's own registry has tag and digest; the nodes pull the digest. */
  readonly image: $util.Output<string>
  /** Set if this stage creates the cluster. */
  readonly own: aws.eks.Cluster | undefined
}

/**
 * Creates the stage's own EKS cluster and returns it; returns undefined for a stage without network, registry or domain.
 * @param pinnedTag tag and digest of the pod's image.
 * Raw Pulumi: SST has no component for EKS.
 */
export function createCluster(
  settings: Settings,
  network: Network | undefined,
  images: Registry | undefined,
  auditLog: aws.cloudwatch.LogGroup | undefined,
  pinnedTag: string,
): ClusterInfo | undefined {
  if (!network || !images || !auditLog || !settings.domain) return undefined
  const own = createAutoModeCluster(settings, network, auditLog)
  return {
    name: own.name,
    arn: own.arn,
    gatewayUrl: `wss://gateway.${settings.domain.name}`,
    image: $interpolate`${images.repositoryUrl}:${pinnedTag}`,
    own,
  }
}

/**
 * Looks up the shared cluster that WARM_PODS_CLUSTER names, and returns undefined for a stage that uses none.
 * @throws Error naming WARM_PODS_CLUSTER if EKS does not return that cluster.
 */
export async function findSharedCluster(settings: Settings): Promise<ClusterInfo | undefined> {
  if (settings.cluster.kind !== 'shared') return undefined
  const { name, gatewayUrl, image } = settings.cluster
  const found = await aws.eks.getCluster({ name }).catch((cause) => {
    throw new Error(
      `EKS returned no cluster "${name}" in ${settings.region}. Set WARM_PODS_CLUSTER and WARM_PODS_REGION to a cluster that exists.`,
      { cause },
    )
  })
  return {
    name: $util.output(found.name),
    arn: $util.output(found.arn),
    gatewayUrl,
    image: $util.output(image),
    own: undefined,
  }
}

/** In Auto Mode AWS runs nodes, network, DNS and storage drivers. k8s/overlays/eks/node-pool.yaml selects the nodes. */
function createAutoModeCluster(settings: Settings, network: Network, auditLog: aws.cloudwatch.LogGroup) {
  const attach = (role: aws.iam.Role, id: string, names: string[]) =>
    names.map(
      (name) =>
        new aws.iam.RolePolicyAttachment(`${id}${name}`, {
          role: role.name,
          policyArn: `arn:aws:iam::aws:policy/${name}`,
        }),
    )
  const role = new aws.iam.Role('ClusterRole', {
    name: `${$app.name}-${settings.stage}-cluster`,
    // Auto Mode tags the sessions in which it assumes this role.
    assumeRolePolicy: serviceTrust('eks.amazonaws.com', ['sts:AssumeRole', 'sts:TagSession']),
  })
  const nodeRole = new aws.iam.Role('NodeRole', {
    name: `${$app.name}-${settings.stage}-node`,
    assumeRolePolicy: serviceTrust('ec2.amazonaws.com'),
  })
  const attached = [
    ...attach(role, 'ClusterRole', [
      'AmazonEKSClusterPolicy',
      'AmazonEKSComputePolicy',
      'AmazonEKSBlockStoragePolicy',
      'AmazonEKSLoadBalancingPolicy',
      'AmazonEKSNetworkingPolicy',
    ]),
    ...attach(nodeRole, 'NodeRole', [
      'AmazonEKSWorkerNodeMinimalPolicy',
      'AmazonEC2ContainerRegistryPullOnly',
    ]),
  ]
  const own = new aws.eks.Cluster(
    'Cluster',
    {
      name: `${$app.name}-${settings.stage}`,
      version: KUBERNETES_VERSION,
      roleArn: role.arn,
      bootstrapSelfManagedAddons: false,
      accessConfig: {
        authenticationMode: 'API',
        // The principal of the first deploy gets no permissions. Access entries grant them (below and in github.ts).
        bootstrapClusterCreatorAdminPermissions: false,
      },
      // The pool "system" creates the NodeClass "default" that our NodePool names. EKS creates the node role's access
      // entry and rejects a second one.
      computeConfig: { enabled: true, nodePools: ['system'], nodeRoleArn: nodeRole.arn },
      kubernetesNetworkConfig: { ipFamily: 'ipv4', elasticLoadBalancing: { enabled: true } },
      storageConfig: { blockStorage: { enabled: true } },
      vpcConfig: {
        subnetIds: network.nodeSubnetIds,
        // Public, because the Lambdas and CI run outside the VPC and have no fixed address (docs/adr/0011).
        endpointPublicAccess: true,
        endpointPrivateAccess: true,
      },
      upgradePolicy: { supportType: 'STANDARD' },
      enabledClusterLogTypes: ['audit', 'authenticator'],
    },
    // EKS writes to the log group of this name. If it is missing, EKS creates it without an expiry.
    { dependsOn: [...attached, auditLog] },
  )
  return own
}

/**
 * Creates and returns the log group of the cluster's audit log. It stays while the stage is asleep.
 * EKS writes its last lines after the cluster is deleted, and creates a missing group again. The next awake deploy would
 * then fail, because the group exists. Without lines the group is free.
 */
export function createAuditLog(settings: Settings) {
  return new aws.cloudwatch.LogGroup('ClusterLog', {
    name: `/aws/eks/${$app.name}-${settings.stage}/cluster`,
    retentionInDays: 14,
  })
}

/**
 * Creates the access entry of a Lambda's role and returns it. The role is the only member of its Kubernetes group.
 * RBAC grants that group its permissions (k8s/base/rbac.yaml); no EKS access policy does.
 */
export function createAccessEntry(
  id: string,
  { name }: ClusterInfo,
  principalArn: $util.Input<string>,
  group: string,
) {
  const kubernetesGroups = [group]
  return new aws.eks.AccessEntry(id, { clusterName: name, principalArn, kubernetesGroups, type: 'STANDARD' })
}

/** Creates the access entry and the policy association by which an IAM principal administers the whole cluster. */
export function createAdministrator(id: string, own: aws.eks.Cluster, principalArn: $util.Input<string>) {
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
