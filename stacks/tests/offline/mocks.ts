/**
 * The AWS provider's part: answers to look-ups, and the computed properties that the stacks read. An unknown look-up is
 * an error, so a new one is noticed.
 */
type Values = Record<string, unknown>

export const ACCOUNT = '111122223333'
/** A cluster that exists, for stages that share one. */
export const SHARED_CLUSTER = 'team'

export function answer(region: string, token: string, inputs: Values): Values {
  switch (token) {
    case 'aws:index/getRegion:getRegion':
      return { id: region, name: region, region }
    case 'aws:index/getPartition:getPartition':
      return { id: 'aws', partition: 'aws', dnsSuffix: 'amazonaws.com', reverseDnsPrefix: 'com.amazonaws' }
    case 'aws:index/getCallerIdentity:getCallerIdentity':
      return { id: ACCOUNT, accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/owner`, userId: 'AIDA' }
    case 'aws:index/getAvailabilityZones:getAvailabilityZones':
      return { id: region, names: ['a', 'b', 'c'].map((zone) => region + zone) }
    case 'aws:iam/getPolicyDocument:getPolicyDocument':
      return { ...inputs, id: 'policy', json: policyDocument(inputs), minifiedJson: '' }
    case 'aws:ssm/getParametersByPath:getParametersByPath':
      return { ...inputs, id: 'path', ...keptParameters(inputs) }
    case 'aws:eks/getCluster:getCluster':
      return lookUpCluster(region, inputs)
    case 'aws:route53/getZone:getZone':
      return { ...inputs, id: inputs['zoneId'], name: 'example.com' }
    default:
      throw new Error(`The stand-in for AWS does not answer ${token} ${JSON.stringify(inputs)}.`)
  }
}

/** KEPT: JSON of what an earlier deploy left in Parameter Store, as in `{"power":"asleep"}`. */
function keptParameters({ path }: Values): Values {
  const entries = Object.entries(JSON.parse(process.env['KEPT'] ?? '{}'))
  return { names: entries.map(([name]) => `${path}/${name}`), values: entries.map(([, value]) => value) }
}

function lookUpCluster(region: string, { name }: Values): Values {
  if (name !== SHARED_CLUSTER) throw new Error(`reading EKS Cluster (${name}): couldn't find resource`)
  return {
    id: name,
    name,
    arn: `arn:aws:eks:${region}:${ACCOUNT}:cluster/${name}`,
    endpoint: `https://TEAM.gr7.${region}.eks.amazonaws.com`,
    certificateAuthorities: [{ data: 'TU9DSw==' }],
  }
}

function policyDocument({ statements }: Values): string {
  const one = (list: unknown): unknown => (Array.isArray(list) && list.length === 1 ? list[0] : list)
  const Statement = (Array.isArray(statements) ? statements : []).map((s: Record<string, unknown>) => {
    const principals = (s['principals'] ?? []) as { type: string; identifiers: unknown }[]
    return {
      Effect: s['effect'] ?? 'Allow',
      Action: one(s['actions']),
      ...(s['resources'] ? { Resource: one(s['resources']) } : {}),
      ...(principals.length > 0
        ? { Principal: Object.fromEntries(principals.map((p) => [p.type, one(p.identifiers)])) }
        : {}),
    }
  })
  return JSON.stringify({ Version: '2012-10-17', Statement })
}

/** What AWS would have made of a resource: its id and the properties it computes. */
export function made(
  region: string,
  type: string,
  name: string,
  inputs: Values,
): { id: string; state: Values } {
  const physical = String(inputs['name'] ?? inputs['domainName'] ?? name)
  const computed = COMPUTED[type]?.(region, physical, inputs) ?? {}
  const service = type.split(':')[1]?.split('/')[0] ?? ''
  const arn = `arn:aws:${service}:${region}:${ACCOUNT}:${physical}`
  const id = `${name}-id`
  return { id: String(computed['id'] ?? id), state: { ...inputs, name: physical, arn, region, ...computed } }
}

const COMPUTED: Record<string, (region: string, name: string, inputs: Values) => Values> = {
  'aws:iam/policy:Policy': (_, id) => ({ id, arn: `arn:aws:iam::${ACCOUNT}:policy/${id}` }),
  'aws:iam/role:Role': (_, id) => ({ id, arn: `arn:aws:iam::${ACCOUNT}:role/${id}` }),
  'aws:lambda/function:Function': (region, id, inputs) => {
    const arn = `arn:aws:lambda:${region}:${ACCOUNT}:function:${id}`
    const invokeArn = `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${arn}/invocations`
    return { id, arn, qualifiedArn: `${arn}:1`, invokeArn, publish: inputs['publish'] ?? false }
  },
  'aws:dynamodb/table:Table': (region, id) => ({
    id,
    arn: `arn:aws:dynamodb:${region}:${ACCOUNT}:table/${id}`,
  }),
  'aws:eks/cluster:Cluster': (region, id, inputs) => ({
    id,
    arn: `arn:aws:eks:${region}:${ACCOUNT}:cluster/${id}`,
    endpoint: `https://OWN.gr7.${region}.eks.amazonaws.com`,
    certificateAuthority: { data: 'TU9DSw==' },
    vpcConfig: { ...(inputs['vpcConfig'] as Values), clusterSecurityGroupId: 'sg-nodes' },
  }),
  'aws:ecr/repository:Repository': (region, id) => ({
    repositoryUrl: `${ACCOUNT}.dkr.ecr.${region}.amazonaws.com/${id}`,
  }),
  'aws:lb/loadBalancer:LoadBalancer': (region, id) => ({
    arnSuffix: `app/${id}/0`,
    dnsName: `${id}.${region}.elb.amazonaws.com`,
    zoneId: 'ZALB',
  }),
  'aws:lb/targetGroup:TargetGroup': (_, id) => ({ arnSuffix: `targetgroup/${id}/0` }),
  'aws:apigatewayv2/api:Api': (region, id) => ({
    apiEndpoint: `https://${id}.execute-api.${region}.amazonaws.com`,
    executionArn: `arn:aws:execute-api:${region}:${ACCOUNT}:${id}`,
  }),
  'aws:apigatewayv2/domainName:DomainName': (region, _, inputs) => ({
    domainNameConfiguration: {
      ...(inputs['domainNameConfiguration'] as Values),
      targetDomainName: `d-0.execute-api.${region}.amazonaws.com`,
      hostedZoneId: 'ZAPI',
    },
  }),
  'aws:acm/certificate:Certificate': (_, domainName) => ({
    domainValidationOptions: [
      {
        domainName,
        resourceRecordName: `_0.${domainName}.`,
        resourceRecordType: 'CNAME',
        resourceRecordValue: '_0.acm-validations.aws.',
      },
    ],
  }),
  'aws:route53/record:Record': (_, fqdn) => ({ fqdn }),
  'random:index/randomBytes:RandomBytes': (_, __, inputs) => {
    const bytes = Buffer.alloc(Number(inputs['length'] ?? 32), 7)
    return { base64: bytes.toString('base64'), hex: bytes.toString('hex') }
  },
  // SST's own look-up of a hosted zone.
  'pulumi-nodejs:dynamic:Resource': () => ({ zoneId: 'ZLOOKUP' }),
}
