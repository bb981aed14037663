/** Mocks of the AWS provider: answers to its look-ups, and the computed properties that the stacks read. */
type Values = Record<string, unknown>

export const ACCOUNT = '111122223333'
/** The one EKS cluster that exists, for stages that share a cluster. */
const SHARED_CLUSTER = 'team'
/** The one hosted zone that exists, of example.com. */
const HOSTED_ZONE = 'Z0EXAMPLE'

/**
 * Returns the result of a provider function.
 * @throws Error for a function without a mock, so that a new look-up in the stacks needs one.
 */
export function answerCall(region: string, token: string, inputs: Values): Values {
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
      return { ...inputs, id: 'path', ...storedParameters(inputs) }
    case 'aws:eks/getCluster:getCluster':
      return lookUpCluster(region, inputs)
    case 'aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider':
      return existingProvider(inputs)
    case 'aws:route53/getZone:getZone':
      return lookUpZone(inputs)
    default:
      throw new Error(`stacks/tests/offline/mocks.ts has no mock of ${token} ${JSON.stringify(inputs)}.`)
  }
}

/** Reads the environment variable STORED_PARAMETERS, a JSON object of parameters such as `{"power":"asleep"}`. */
function storedParameters({ path }: Values): Values {
  const entries = Object.entries(JSON.parse(process.env['STORED_PARAMETERS'] ?? '{}'))
  return { names: entries.map(([name]) => `${path}/${name}`), values: entries.map(([, value]) => value) }
}

/** Reads the environment variable GITHUB_AUDIENCES: the audiences of a provider that the account has already. */
function existingProvider({ url }: Values): Values {
  const audiences = process.env['GITHUB_AUDIENCES']
  if (audiences === undefined) throw new Error(`reading IAM OIDC Provider (${url}): couldn't find resource`)
  const arn = `arn:aws:iam::${ACCOUNT}:oidc-provider/${String(url).replace('https://', '')}`
  return { id: arn, arn, url, clientIdLists: audiences.split(','), thumbprintLists: [], tags: {} }
}

function lookUpZone({ zoneId }: Values): Values {
  if (zoneId !== HOSTED_ZONE)
    throw new Error(`reading Route 53 Hosted Zone (${zoneId}): couldn't find resource`)
  return { id: zoneId, zoneId, name: 'example.com' }
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
  const unwrap = (list: unknown): unknown => (Array.isArray(list) && list.length === 1 ? list[0] : list)
  const Statement = (Array.isArray(statements) ? statements : []).map((statement: Values) => {
    const principals = (statement['principals'] ?? []) as { type: string; identifiers: unknown }[]
    return {
      Effect: statement['effect'] ?? 'Allow',
      Action: unwrap(statement['actions']),
      ...(statement['resources'] ? { Resource: unwrap(statement['resources']) } : {}),
      ...(principals.length > 0
        ? {
            Principal: Object.fromEntries(
              principals.map(({ type, identifiers }) => [type, unwrap(identifiers)]),
            ),
          }
        : {}),
    }
  })
  return JSON.stringify({ Version: '2012-10-17', Statement })
}

/** Returns the id of a resource and its state: the inputs with the properties that AWS would compute. */
export function createdState(
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
  // SST's look-up of a hosted zone.
  'pulumi-nodejs:dynamic:Resource': () => ({ zoneId: 'ZLOOKUP' }),
}
