import type { Settings } from '../settings/settings.ts'

/** The same range as in k8s/overlays/eks/cluster.conf: the gateway takes pods' addresses from it. */
const CIDR = '10.0.0.0/16'
/** EKS and the load balancer want two zones at least. */
const ZONES = 2

/**
 * Public and private subnets in two zones, and no NAT gateway unless asked.
 *
 * Nodes stand in the public subnets: they reach the registry and EKS by their own public address, and nothing reaches
 * them, since their security group admits the load balancer and each other only. With WARM_PODS_NAT=managed they stand
 * in the private subnets behind one NAT gateway. Image layers come from S3 through a gateway endpoint, which is free.
 * The Lambdas are outside: all they call (DynamoDB, Lambda, the EKS endpoint) is public and asks for IAM.
 * @param awake asleep, nothing is bought that costs by the hour.
 */
export function network(s: Settings, awake: boolean) {
  const name = `${$app.name}-${s.stage}`
  const vpc = new aws.ec2.Vpc('Network', {
    cidrBlock: CIDR,
    enableDnsHostnames: true,
    enableDnsSupport: true,
    tags: { Name: name },
  })
  // The default group admits everything among its members; ours is to admit nothing, whoever forgets to name another.
  new aws.ec2.DefaultSecurityGroup('NetworkDefaultGroup', { vpcId: vpc.id, ingress: [], egress: [] })
  const internet = new aws.ec2.InternetGateway('NetworkInternet', { vpcId: vpc.id, tags: { Name: name } })
  const publicRoutes = new aws.ec2.RouteTable('NetworkPublicRoutes', {
    vpcId: vpc.id,
    routes: [{ cidrBlock: '0.0.0.0/0', gatewayId: internet.id }],
    tags: { Name: `${name}-public` },
  })
  const privateRoutes = new aws.ec2.RouteTable('NetworkPrivateRoutes', {
    vpcId: vpc.id,
    tags: { Name: `${name}-private` },
  })
  new aws.ec2.VpcEndpoint('NetworkS3', {
    vpcId: vpc.id,
    serviceName: `com.amazonaws.${s.region}.s3`,
    routeTableIds: [publicRoutes.id, privateRoutes.id],
  })

  const zones = aws.getAvailabilityZonesOutput({
    state: 'available',
    // Local zones are listed too once an account has opted in; EKS takes none of them.
    filters: [{ name: 'opt-in-status', values: ['opt-in-not-required'] }],
  }).names
  const subnets = (kind: 'Public' | 'Private', firstBlock: number, role: string) =>
    Array.from({ length: ZONES }, (_, i) => {
      const id = `Network${kind}${i + 1}`
      const subnet = new aws.ec2.Subnet(id, {
        vpcId: vpc.id,
        availabilityZone: zones[i],
        cidrBlock: `10.0.${firstBlock + 32 * i}.0/19`,
        mapPublicIpOnLaunch: kind === 'Public',
        // EKS finds subnets for load balancers by this tag.
        tags: { Name: `${name}-${kind.toLowerCase()}-${i + 1}`, [`kubernetes.io/role/${role}`]: '1' },
      })
      new aws.ec2.RouteTableAssociation(`${id}Routes`, {
        subnetId: subnet.id,
        routeTableId: (kind === 'Public' ? publicRoutes : privateRoutes).id,
      })
      return subnet
    })
  const publicSubnets = subnets('Public', 0, 'elb')
  const privateSubnets = subnets('Private', 128, 'internal-elb')

  const [firstPublic] = publicSubnets
  if (s.nat === 'managed' && awake && firstPublic) natGateway(firstPublic, privateRoutes)
  return {
    vpc,
    publicSubnetIds: publicSubnets.map(({ id }) => id),
    nodeSubnetIds: (s.nat === 'managed' ? privateSubnets : publicSubnets).map(({ id }) => id),
  }
}
export type Network = ReturnType<typeof network>

/** One for both zones: half the price of one each, and a zone's outage then takes the pool's growth with it. */
function natGateway(subnet: aws.ec2.Subnet, privateRoutes: aws.ec2.RouteTable) {
  const address = new aws.ec2.Eip('NetworkNatAddress', { domain: 'vpc' })
  const nat = new aws.ec2.NatGateway('NetworkNat', { subnetId: subnet.id, allocationId: address.id })
  new aws.ec2.Route('NetworkNatRoute', {
    routeTableId: privateRoutes.id,
    destinationCidrBlock: '0.0.0.0/0',
    natGatewayId: nat.id,
  })
}
