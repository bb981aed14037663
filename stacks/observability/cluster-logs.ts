import { serviceTrust } from '../functions/roles.ts'

/** The account of Fluent Bit in the cluster (k8s/monitoring/logs/access.yaml). */
const COLLECTOR = { namespace: 'warm-pods-logs', serviceAccount: 'fluent-bit' }

/**
 * Creates and returns the log group for pods, gateways and Kubernetes' events (k8s/monitoring/logs). It stays while the stage is asleep.
 * Raw Pulumi: SST has no component for a log group.
 */
export function createClusterLogs() {
  return new aws.cloudwatch.LogGroup('PodLogs', {
    name: `/${$app.name}/${$app.stage}/cluster`,
    retentionInDays: 14,
  })
}

/** Gives the collector's account in the cluster a role that may write to that group, and nothing else. */
export function createLogAccess(cluster: aws.eks.Cluster, group: aws.cloudwatch.LogGroup) {
  const role = new aws.iam.Role('PodLogsRole', {
    name: `${$app.name}-${$app.stage}-pod-logs`,
    // EKS tags the sessions of Pod Identity.
    assumeRolePolicy: serviceTrust('pods.eks.amazonaws.com', ['sts:AssumeRole', 'sts:TagSession']),
  })
  new aws.iam.RolePolicy('PodLogsPolicy', {
    role: role.name,
    policy: group.arn.apply((arn) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
            Resource: [arn, `${arn}:*`],
          },
        ],
      }),
    ),
  })
  new aws.eks.PodIdentityAssociation('PodLogsAccess', {
    clusterName: cluster.name,
    ...COLLECTOR,
    roleArn: role.arn,
  })
}
