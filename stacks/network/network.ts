import type { Settings } from '../settings/settings.ts'

/** The address range that k8s/overlays/eks/cluster.conf names too: the gateway takes its pods' addresses from it. */
const CIDR = '10.0.0.0/16'
/** EKS and the load balancer require at least two zones. */
const ZONES = 2
/**
 * EKS creates no cluster with a subnet in these zones. A zone's letter differs between accounts, its id does not.
 * https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
 */
const ZONES_WITHOUT_EKS = ['use1-az3', 'usw1-az2', 'cac1-az3']

/**
 * Creates the VPC with a public and a private subnet in each of two zones, and a NAT gateway only on request.
 *
 * Nodes run in the public subnets. They reach the registry and EKS from their own public address. Their security group
 * admits only the load balancer and each other. With WARM_PODS_NAT=managed nodes run in the private subnets behind one
 * NAT gateway. Image layers come from S3 through a gateway endpoint, which is free.
 * The Lambdas run outside the VPC: DynamoDB, Lambda and the EKS endpoint are public and authenticate by IAM.
 * Raw Pulumi: sst.aws.Vpc has other address ranges, which would replace the cluster's subnets. It also adds a Cloud Map
 * namespace, at $0.50 a month.
 * @param awake false creates nothing that is billed by the hour.
 * @returns the VPC, the ids of its public subnets, and the ids of the subnets for nodes.
 */
export function createNetwork(settings: Settings, awake: boolean) {
  const name = `${$app.name}-${settings.stage}`
  const vpc = new aws.ec2.Vpc('Network', {
    cidrBlock: CIDR,
    enableDnsHostnames: true,
    enableDnsSupport: true,
    tags: { Name: name },
  })
  // AWS' default group admits all traffic among its members. Without rules, a resource that names no group gets no traffic.
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
    serviceName: `com.amazonaws.${settings.region}.s3`,
    routeTableIds: [publicRoutes.id, privateRoutes.id],
  })

  const zones = aws.getAvailabilityZonesOutput({
    state: 'available',
    // The list includes local zones once an account has opted in, and EKS accepts none of them.
    filters: [{ name: 'opt-in-status', values: ['opt-in-not-required'] }],
    excludeZoneIds: ZONES_WITHOUT_EKS,
  }).names
  const subnets = (kind: 'Public' | 'Private', firstBlock: number, role: string) =>
    Array.from({ length: ZONES }, (_, i) => {
      const id = `Network${kind}${i + 1}`
      const subnet = new aws.ec2.Subnet(id, {
        vpcId: vpc.id,
        availabilityZone: zones[i],
        cidrBlock: `10.0.${firstBlock + 32 * i}.0/19`,
        mapPublicIpOnLaunch: kind === 'Public',
        // EKS finds the subnets for load balancers by this tag.
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
  if (settings.nat === 'managed' && awake && firstPublic) createNatGateway(firstPublic, privateRoutes)
  return {
    vpc,
    publicSubnetIds: publicSubnets.map(({ id }) => id),
    nodeSubnetIds: (settings.nat === 'managed' ? privateSubnets : publicSubnets).map(({ id }) => id),
  }
}
export type Network = ReturnType<typeof createNetwork>

/** One NAT gateway serves both zones at half the price of two. If its zone fails, the pool cannot grow. */
function createNatGateway(subnet: aws.ec2.Subnet, privateRoutes: aws.ec2.RouteTable) {
  const address = new aws.ec2.Eip('NetworkNatAddress', { domain: 'vpc' })
  const nat = new aws.ec2.NatGateway('NetworkNat', { subnetId: subnet.id, allocationId: address.id })
  new aws.ec2.Route('NetworkNatRoute', {
    routeTableId: privateRoutes.id,
    destinationCidrBlock: '0.0.0.0/0',
    natGatewayId: nat.id,
  })
}
