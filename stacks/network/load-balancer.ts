import type { Settings } from '../settings/settings.ts'
import type { Network } from './network.ts'

/** The gateway's port, which also serves its health check (k8s/base/gateway). */
const GATEWAY_PORT = 8080

/**
 * Creates the application load balancer of the gateway with its DNS record and target group.
 * A TargetGroupBinding (k8s/overlays/eks) keeps the target group equal to the gateway's Ready pods.
 * An Ingress would create the balancer inside Kubernetes. Here Route 53 knows its name, tests see its idle time-out, and
 * `sst remove` deletes it.
 * Raw Pulumi: sst.aws.Alb creates no target group, and its certificate and DNS record would replace the deployed ones.
 * Logical names keep the prefix `Edge`, because renaming would replace the resources too.
 * @returns the balancer, its target group, and the gateway's `wss://` origin.
 */
export function createLoadBalancer(
  domain: NonNullable<Settings['domain']>,
  network: Network,
  cluster: aws.eks.Cluster,
  certificateArn: $util.Input<string>,
) {
  const host = gatewayHost(domain)
  const group = createSecurityGroups(network, cluster)
  const balancer = new aws.lb.LoadBalancer('Edge', {
    name: `${$app.name}-${$app.stage}`,
    loadBalancerType: 'application',
    internal: false,
    subnets: network.publicSubnetIds,
    securityGroups: [group.id],
    // Seconds. A page pings four times a second, so a socket this quiet belongs to a page that is gone.
    idleTimeout: 300,
    dropInvalidHeaderFields: true,
  })
  const targetGroup = new aws.lb.TargetGroup('EdgeTargets', {
    name: `${$app.name}-${$app.stage}-gateway`,
    vpcId: network.vpc.id,
    targetType: 'ip',
    protocol: 'HTTP',
    port: GATEWAY_PORT,
    // Seconds. Shorter than the gateway's preStop sleep (k8s/overlays/eks/gateway.yaml), so a gateway that is
    // shutting down still serves until the balancer stops sending visitors to it.
    deregistrationDelay: 15,
    healthCheck: { path: '/healthz', interval: 10, healthyThreshold: 2, matcher: '200' },
    // AmazonEKSLoadBalancingPolicy allows RegisterTargets only where this tag names the cluster.
    tags: { 'eks:eks-cluster-name': cluster.name },
  })
  new aws.lb.Listener('EdgeListener', {
    loadBalancerArn: balancer.arn,
    port: 443,
    protocol: 'HTTPS',
    sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
    certificateArn,
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
export type LoadBalancer = ReturnType<typeof createLoadBalancer>

/** The balancer accepts TLS from any address, and reaches the gateway's port on the nodes and nothing else. */
function createSecurityGroups(network: Network, cluster: aws.eks.Cluster) {
  const nodes = cluster.vpcConfig.clusterSecurityGroupId
  const group = new aws.ec2.SecurityGroup('EdgeGroup', {
    vpcId: network.vpc.id,
    // AWS cannot change a description: another text would replace the group.
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

function gatewayHost(domain: NonNullable<Settings['domain']>): string {
  return `gateway.${domain.name}`
}

/**
 * Creates the gateway's certificate, and returns its ARN once AWS has validated it by a DNS record. An asleep stage keeps the
 * certificate, which is free, because a new validation takes minutes.
 */
export function createCertificate(domain: NonNullable<Settings['domain']>): $util.Output<string> {
  const domainName = gatewayHost(domain)
  const { zoneId } = domain
  const certificate = new aws.acm.Certificate('EdgeCertificate', { domainName, validationMethod: 'DNS' })
  const option = certificate.domainValidationOptions[0]
  const record = new aws.route53.Record('EdgeCertificateRecord', {
    zoneId,
    name: option.resourceRecordName,
    type: option.resourceRecordType.apply((type) => type as aws.route53.RecordType),
    records: [option.resourceRecordValue],
    ttl: 60,
    allowOverwrite: true,
  })
  return new aws.acm.CertificateValidation('EdgeCertificateValidation', {
    certificateArn: certificate.arn,
    validationRecordFqdns: [record.fqdn],
  }).certificateArn
}
