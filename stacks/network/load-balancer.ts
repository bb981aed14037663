import type { Settings } from '../settings/settings.ts'
import type { Network } from './network.ts'

/** The gateway's port, and that of its health (k8s/base/gateway). */
const GATEWAY_PORT = 8080

/**
 * The load balancer in front of the gateway. It is made here and not by an Ingress, so that its name is known to
 * Route 53, its idle time-out is under test, and taking the stage down takes it along. In the cluster, a
 * TargetGroupBinding (k8s/overlays/eks) keeps the target group equal to the gateway's Ready pods.
 */
export function edge(domain: NonNullable<Settings['domain']>, network: Network, cluster: aws.eks.Cluster) {
  const host = `gateway.${domain.name}`
  const group = securityGroups(network, cluster)
  const balancer = new aws.lb.LoadBalancer('Edge', {
    name: `${$app.name}-${$app.stage}`,
    loadBalancerType: 'application',
    internal: false,
    subnets: network.publicSubnetIds,
    securityGroups: [group.id],
    // A page pings four times a second; a socket quiet for this long has nobody behind it.
    idleTimeout: 300,
    dropInvalidHeaderFields: true,
  })
  const targetGroup = new aws.lb.TargetGroup('EdgeTargets', {
    name: `${$app.name}-${$app.stage}-gateway`,
    vpcId: network.vpc.id,
    targetType: 'ip',
    protocol: 'HTTP',
    port: GATEWAY_PORT,
    // Shorter than the gateway's preStop (k8s/overlays/eks/gateway.yaml): it serves until nobody is sent to it.
    deregistrationDelay: 15,
    healthCheck: { path: '/healthz', interval: 10, healthyThreshold: 2, matcher: '200' },
    // AmazonEKSLoadBalancingPolicy registers targets only where this tag names the cluster.
    tags: { 'eks:eks-cluster-name': cluster.name },
  })
  new aws.lb.Listener('EdgeListener', {
    loadBalancerArn: balancer.arn,
    port: 443,
    protocol: 'HTTPS',
    sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
    certificateArn: certificate(host, domain.zoneId),
    defaultActions: [{ type: 'forward', targetGroupArn: targetGroup.arn }],
  })
  new aws.route53.Record('EdgeRecord', {
    zoneId: domain.zoneId,
    name: host,
    type: 'A',
    aliases: [{ name: balancer.dnsName, zoneId: balancer.zoneId, evaluateTargetHealth: false }],
  })
  return { url: `wss://${host}`, targetGroup, balancer }
}
export type Edge = ReturnType<typeof edge>

/** Anyone may speak TLS to the balancer; the balancer may speak to the gateway's port, and to nothing else. */
function securityGroups(network: Network, cluster: aws.eks.Cluster) {
  const nodes = cluster.vpcConfig.clusterSecurityGroupId
  const group = new aws.ec2.SecurityGroup('EdgeGroup', {
    vpcId: network.vpc.id,
    description: 'TLS from anywhere to the load balancer',
    ingress: [{ protocol: 'tcp', fromPort: 443, toPort: 443, cidrBlocks: ['0.0.0.0/0'] }],
    egress: [{ protocol: 'tcp', fromPort: GATEWAY_PORT, toPort: GATEWAY_PORT, securityGroups: [nodes] }],
  })
  new aws.vpc.SecurityGroupIngressRule('EdgeToGateway', {
    securityGroupId: nodes,
    referencedSecurityGroupId: group.id,
    ipProtocol: 'tcp',
    fromPort: GATEWAY_PORT,
    toPort: GATEWAY_PORT,
  })
  return group
}

function certificate(domainName: string, zoneId: string): $util.Output<string> {
  const requested = new aws.acm.Certificate('EdgeCertificate', { domainName, validationMethod: 'DNS' })
  const option = requested.domainValidationOptions[0]
  const record = new aws.route53.Record('EdgeCertificateRecord', {
    zoneId,
    name: option.resourceRecordName,
    type: option.resourceRecordType.apply((type) => type as aws.route53.RecordType),
    records: [option.resourceRecordValue],
    ttl: 60,
    allowOverwrite: true,
  })
  return new aws.acm.CertificateValidation('EdgeCertificateValidation', {
    certificateArn: requested.arn,
    validationRecordFqdns: [record.fqdn],
  }).certificateArn
}
