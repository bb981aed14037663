/**
 * The AWS calls of a deploy, a refresh and a removal, as IAM judges them. The SST CLI makes some, and the AWS provider
 * makes others for each resource type. permissions.test.ts compares them with the rights of GitHub's roles.
 * Sources: SST's pkg/project/provider/aws.go, the resources of terraform-provider-aws, and the Service Authorization
 * Reference, https://docs.aws.amazon.com/service-authorization/latest/reference/
 */

import type { Graph, Resource } from './offline/graph-file.ts'
import { ACCOUNT } from './offline/mocks.ts'
import type { Request } from './policy.ts'

const REGION = 'eu-central-1'
/** SST's buckets, with a random suffix as in an account. */
const STATE = 'arn:aws:s3:::sst-state-abcdefghijkl'
const ASSETS = 'arn:aws:s3:::sst-asset-abcdefghijkl'

interface Calls {
  /** Calls that only read. A refresh makes them, and a deploy makes them after each change. */
  readonly reads: readonly Request[]
  /** Calls that create, change or delete. */
  readonly writes: readonly Request[]
}

/** Returns the calls of the SST CLI itself for a stage. */
export function callsOfSst(stage: string): Request[] {
  const files = ['app', 'lock', 'secret'].map((folder) => `${STATE}/${folder}/warm-pods/${stage}.json`)
  const records = ['eventlog', 'snapshot', 'summary', 'update'].map(
    (folder) => `${STATE}/${folder}/warm-pods/${stage}/0123456789.json`,
  )
  const passphrase = arn('ssm', `parameter/sst/passphrase/warm-pods/${stage}`)
  return [
    { action: 'ssm:GetParameter', resource: arn('ssm', 'parameter/sst/bootstrap') },
    ...on(passphrase, 'ssm:GetParameter', 'ssm:PutParameter'),
    ...on(STATE, 's3:ListBucket'),
    ...on(`${STATE}/secret/warm-pods/_fallback.json`, 's3:GetObject'),
    ...[...files, ...records].flatMap((file) => on(file, 's3:DeleteObject', 's3:GetObject', 's3:PutObject')),
  ]
}

/**
 * Returns the calls of the provider's functions that the program uses.
 * @throws Error for a function without an entry, so that a new look-up in the stacks needs one.
 */
export function callsOfLookUps(graph: Graph): Request[] {
  return graph.calls.flatMap(({ token, inputs }) => {
    const calls = LOOK_UPS[token]
    if (!calls) throw new Error(`stacks/tests/calls.ts lists no calls of ${token}.`)
    return calls(inputs)
  })
}

/**
 * Returns the calls for one resource.
 * @param tags the default tags of the stage.
 * @throws Error for a type without an entry, so that a new type in the stacks needs one.
 */
export function callsOf(resource: Resource, tags: Readonly<Record<string, string>>): Calls {
  const calls = RESOURCES[resource.type]
  if (!calls) throw new Error(`stacks/tests/calls.ts lists no calls of ${resource.type}.`)
  return calls(resource, tags)
}

function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`
}

/** Returns one request for each action. */
function on(resource: string, ...actions: string[]): Request[] {
  return actions.map((action) => ({ action, resource }))
}

function inContext(context: Readonly<Record<string, string>>, requests: readonly Request[]): Request[] {
  return requests.map((request) => ({ ...request, context }))
}

const NONE = (): Request[] => []

/** `sts:GetCallerIdentity` needs no permission; the other functions without calls are computed by the provider. */
const LOOK_UPS: Readonly<Record<string, (inputs: Record<string, unknown>) => Request[]>> = {
  'aws:index/getRegion:getRegion': NONE,
  'aws:index/getPartition:getPartition': NONE,
  'aws:index/getCallerIdentity:getCallerIdentity': NONE,
  'aws:iam/getPolicyDocument:getPolicyDocument': NONE,
  // Only the first deploy looks for GitHub's provider, and the owner makes that one: GitHub's roles do not exist yet.
  'aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider': NONE,
  'aws:index/getAvailabilityZones:getAvailabilityZones': () => on('*', 'ec2:DescribeAvailabilityZones'),
  'aws:ssm/getParametersByPath:getParametersByPath': ({ path }) =>
    on(arn('ssm', `parameter${path}`), 'ssm:GetParametersByPath'),
  'aws:eks/getCluster:getCluster': ({ name }) => on(arn('eks', `cluster/${name}`), 'eks:DescribeCluster'),
  'aws:route53/getZone:getZone': ({ zoneId }) =>
    on(`arn:aws:route53:::hostedzone/${zoneId}`, 'route53:GetHostedZone', 'route53:ListTagsForResource'),
}

/** Returns the calls of a type whose actions need no particular resource: PowerUserAccess allows the whole service. */
function service(prefix: string, reads: string[], writes: string[]) {
  const calls = {
    reads: on('*', ...reads.map((name) => `${prefix}:${name}`)),
    writes: on('*', ...writes.map((name) => `${prefix}:${name}`)),
  }
  return (): Calls => calls
}

/** Returns the calls of an EC2 resource: AWS names them after the type. */
function ec2(type: string, ...more: string[]) {
  return service(
    'ec2',
    [`Describe${type}s`],
    [`Create${type}`, `Delete${type}`, 'CreateTags', 'DeleteTags', ...more],
  )
}

const nameOf = ({ outputs, name }: Resource): string => String(outputs['name'] ?? name)
const passes = (role: unknown): Request[] => on(String(role), 'iam:PassRole')
const serviceLinkedRole = (host: string): Request[] =>
  on(`arn:aws:iam::${ACCOUNT}:role/aws-service-role/${host}/AWSServiceRole`, 'iam:CreateServiceLinkedRole')

/** The role's boundary is a condition key of every call that gives the role permissions. */
function roleCalls({ inputs, outputs }: Resource): Calls {
  const role = String(outputs['arn'])
  const context = { 'iam:PermissionsBoundary': String(inputs['permissionsBoundary'] ?? '') }
  return {
    reads: on(
      role,
      'iam:GetRole',
      'iam:GetRolePolicy',
      'iam:ListAttachedRolePolicies',
      'iam:ListInstanceProfilesForRole',
      'iam:ListRolePolicies',
    ),
    writes: [
      ...inContext(context, on(role, 'iam:AttachRolePolicy', 'iam:CreateRole', 'iam:PutRolePolicy')),
      ...on(
        role,
        'iam:DeleteRole',
        'iam:DeleteRolePolicy',
        'iam:DetachRolePolicy',
        'iam:TagRole',
        'iam:UntagRole',
      ),
      ...on(role, 'iam:UpdateAssumeRolePolicy', 'iam:UpdateRole', 'iam:UpdateRoleDescription'),
    ],
  }
}

/** Calls below an HTTP API: its tags are those of the resource in IAM's view. */
function partOfApi(part: string) {
  return ({ inputs, name }: Resource, tags: Readonly<Record<string, string>>): Calls => {
    const parts = `arn:aws:apigateway:${REGION}::/apis/${inputs['apiId']}/${part}`
    const context = { 'aws:ResourceTag/stage': String(tags['stage']) }
    return {
      reads: inContext(context, on(`${parts}/${name}`, 'apigateway:GET')),
      writes: inContext(context, [
        ...on(parts, 'apigateway:POST'),
        ...on(`${parts}/${name}`, 'apigateway:DELETE', 'apigateway:PATCH'),
      ]),
    }
  }
}

/** Actions on every log delivery of the account. API Gateway makes them with the caller's rights for a stage's access log. */
const LOG_DELIVERY = [
  'CreateLogDelivery',
  'DeleteLogDelivery',
  'DescribeResourcePolicies',
  'GetLogDelivery',
  'ListLogDeliveries',
  'PutResourcePolicy',
  'UpdateLogDelivery',
]

const RESOURCES: Readonly<
  Record<string, (resource: Resource, tags: Readonly<Record<string, string>>) => Calls>
> = {
  'aws:acm/certificate:Certificate': service(
    'acm',
    ['DescribeCertificate', 'ListTagsForCertificate'],
    ['RequestCertificate', 'DeleteCertificate', 'AddTagsToCertificate', 'RemoveTagsFromCertificate'],
  ),
  'aws:acm/certificateValidation:CertificateValidation': service('acm', ['DescribeCertificate'], []),
  'aws:apigatewayv2/api:Api': ({ name }, tags) => {
    const stage = String(tags['stage'])
    const api = `arn:aws:apigateway:${REGION}::/apis/${name}`
    const tagged = `arn:aws:apigateway:${REGION}::/tags/${encodeURIComponent(api)}`
    const context = { 'aws:ResourceTag/stage': stage }
    return {
      reads: inContext(context, on(api, 'apigateway:GET')),
      writes: [
        ...inContext(
          { 'aws:RequestTag/stage': stage },
          on(`arn:aws:apigateway:${REGION}::/apis`, 'apigateway:POST'),
        ),
        ...on(tagged, 'apigateway:DELETE', 'apigateway:POST'),
        ...inContext(context, on(api, 'apigateway:DELETE', 'apigateway:PATCH')),
      ],
    }
  },
  'aws:apigatewayv2/apiMapping:ApiMapping': service('apigateway', ['GET'], ['DELETE', 'PATCH', 'POST']),
  'aws:apigatewayv2/domainName:DomainName': service('apigateway', ['GET'], ['DELETE', 'PATCH', 'POST']),
  'aws:apigatewayv2/integration:Integration': partOfApi('integrations'),
  'aws:apigatewayv2/route:Route': partOfApi('routes'),
  'aws:apigatewayv2/stage:Stage': (resource, tags) => {
    const { reads, writes } = partOfApi('stages')(resource, tags)
    const delivers = resource.inputs['accessLogSettings'] !== undefined
    return {
      reads,
      writes: [...writes, ...(delivers ? on('*', ...LOG_DELIVERY.map((name) => `logs:${name}`)) : [])],
    }
  },
  'aws:budgets/budget:Budget': service(
    'budgets',
    ['ViewBudget', 'ListTagsForResource'],
    ['ModifyBudget', 'TagResource'],
  ),
  'aws:cloudwatch/dashboard:Dashboard': service(
    'cloudwatch',
    ['GetDashboard'],
    ['PutDashboard', 'DeleteDashboards'],
  ),
  'aws:cloudwatch/logGroup:LogGroup': (resource) => {
    const group = arn('logs', `log-group:${nameOf(resource)}`)
    return {
      // The provider finds a group by its prefix, and IAM judges that on every group of the account.
      reads: [
        ...on(arn('logs', 'log-group::log-stream:'), 'logs:DescribeLogGroups'),
        ...on(group, 'logs:ListTagsForResource'),
      ],
      writes: on(
        group,
        'logs:CreateLogGroup',
        'logs:DeleteLogGroup',
        'logs:DeleteRetentionPolicy',
        'logs:PutRetentionPolicy',
        'logs:TagResource',
        'logs:UntagResource',
      ),
    }
  },
  'aws:cloudwatch/metricAlarm:MetricAlarm': service(
    'cloudwatch',
    ['DescribeAlarms', 'ListTagsForResource'],
    ['PutMetricAlarm', 'DeleteAlarms', 'TagResource', 'UntagResource'],
  ),
  'aws:dynamodb/table:Table': (resource) => {
    const table = arn('dynamodb', `table/${nameOf(resource)}`)
    return {
      reads: on(
        table,
        'dynamodb:DescribeContinuousBackups',
        'dynamodb:DescribeTable',
        'dynamodb:DescribeTimeToLive',
        'dynamodb:ListTagsOfResource',
      ),
      writes: on(
        table,
        'dynamodb:CreateTable',
        'dynamodb:DeleteTable',
        'dynamodb:TagResource',
        'dynamodb:UntagResource',
        'dynamodb:UpdateContinuousBackups',
        'dynamodb:UpdateTable',
        'dynamodb:UpdateTimeToLive',
      ),
    }
  },
  'aws:ec2/defaultSecurityGroup:DefaultSecurityGroup': service(
    'ec2',
    ['DescribeSecurityGroups'],
    ['RevokeSecurityGroupEgress', 'RevokeSecurityGroupIngress', 'CreateTags'],
  ),
  'aws:ec2/internetGateway:InternetGateway': ec2(
    'InternetGateway',
    'AttachInternetGateway',
    'DetachInternetGateway',
  ),
  'aws:ec2/routeTable:RouteTable': ec2('RouteTable', 'CreateRoute', 'DeleteRoute', 'ReplaceRoute'),
  'aws:ec2/routeTableAssociation:RouteTableAssociation': service(
    'ec2',
    ['DescribeRouteTables'],
    ['AssociateRouteTable', 'DisassociateRouteTable'],
  ),
  'aws:ec2/securityGroup:SecurityGroup': ec2(
    'SecurityGroup',
    'AuthorizeSecurityGroupEgress',
    'AuthorizeSecurityGroupIngress',
    'RevokeSecurityGroupEgress',
    'RevokeSecurityGroupIngress',
  ),
  'aws:ec2/subnet:Subnet': ec2('Subnet', 'ModifySubnetAttribute'),
  'aws:ec2/vpc:Vpc': ec2('Vpc', 'ModifyVpcAttribute'),
  'aws:ec2/vpcEndpoint:VpcEndpoint': ec2('VpcEndpoint', 'DeleteVpcEndpoints', 'ModifyVpcEndpoint'),
  'aws:ecr/lifecyclePolicy:LifecyclePolicy': service(
    'ecr',
    ['GetLifecyclePolicy'],
    ['PutLifecyclePolicy', 'DeleteLifecyclePolicy'],
  ),
  'aws:ecr/repository:Repository': service(
    'ecr',
    ['DescribeRepositories', 'ListTagsForResource'],
    [
      'CreateRepository',
      'DeleteRepository',
      'PutImageScanningConfiguration',
      'PutImageTagMutability',
      'TagResource',
    ],
  ),
  'aws:eks/accessEntry:AccessEntry': service(
    'eks',
    ['DescribeAccessEntry'],
    ['CreateAccessEntry', 'DeleteAccessEntry', 'UpdateAccessEntry', 'TagResource'],
  ),
  'aws:eks/accessPolicyAssociation:AccessPolicyAssociation': service(
    'eks',
    ['ListAssociatedAccessPolicies'],
    ['AssociateAccessPolicy', 'DisassociateAccessPolicy'],
  ),
  // https://docs.aws.amazon.com/eks/latest/userguide/pod-id-association.html: the caller passes the role.
  'aws:eks/podIdentityAssociation:PodIdentityAssociation': ({ inputs }) => ({
    reads: on('*', 'eks:DescribePodIdentityAssociation'),
    writes: [
      ...on(
        '*',
        'eks:CreatePodIdentityAssociation',
        'eks:DeletePodIdentityAssociation',
        'eks:UpdatePodIdentityAssociation',
        'eks:TagResource',
      ),
      ...passes(inputs['roleArn']),
    ],
  }),
  'aws:eks/cluster:Cluster': ({ inputs }) => {
    const { nodeRoleArn } = inputs['computeConfig'] as { nodeRoleArn: unknown }
    return {
      reads: on('*', 'eks:DescribeCluster', 'eks:ListTagsForResource'),
      writes: [
        ...on(
          '*',
          'eks:CreateCluster',
          'eks:DeleteCluster',
          'eks:UpdateClusterConfig',
          'eks:UpdateClusterVersion',
        ),
        ...on('*', 'eks:TagResource', 'eks:UntagResource'),
        ...passes(inputs['roleArn']),
        ...passes(nodeRoleArn),
        ...serviceLinkedRole('eks.amazonaws.com'),
      ],
    }
  },
  'aws:iam/openIdConnectProvider:OpenIdConnectProvider': () => {
    const provider = `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`
    return {
      reads: on(provider, 'iam:GetOpenIDConnectProvider'),
      writes: on(provider, 'iam:CreateOpenIDConnectProvider', 'iam:DeleteOpenIDConnectProvider'),
    }
  },
  'aws:iam/policy:Policy': ({ outputs }) => {
    const policy = String(outputs['arn'])
    return {
      reads: on(policy, 'iam:GetPolicy', 'iam:GetPolicyVersion', 'iam:ListPolicyVersions'),
      writes: on(policy, 'iam:CreatePolicy', 'iam:CreatePolicyVersion', 'iam:DeletePolicy'),
    }
  },
  'aws:iam/role:Role': roleCalls,
  // Both types change a role, and roleCalls lists those calls for every role.
  'aws:iam/rolePolicy:RolePolicy': () => ({ reads: [], writes: [] }),
  'aws:iam/rolePolicyAttachment:RolePolicyAttachment': () => ({ reads: [], writes: [] }),
  'aws:lambda/function:Function': (resource) => {
    const fn = arn('lambda', `function:${nameOf(resource)}`)
    return {
      reads: on(
        fn,
        'lambda:GetFunction',
        'lambda:GetFunctionCodeSigningConfig',
        'lambda:ListTags',
        'lambda:ListVersionsByFunction',
      ),
      writes: [
        ...on(
          fn,
          'lambda:CreateFunction',
          'lambda:DeleteFunction',
          'lambda:TagResource',
          'lambda:UntagResource',
          'lambda:UpdateFunctionCode',
          'lambda:UpdateFunctionConfiguration',
        ),
        ...passes(resource.inputs['role']),
        // Lambda reads the code archive with the caller's rights.
        ...on(`${ASSETS}/${resource.inputs['s3Key']}`, 's3:GetObject'),
      ],
    }
  },
  'aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig': service(
    'lambda',
    ['GetFunctionEventInvokeConfig'],
    ['DeleteFunctionEventInvokeConfig', 'PutFunctionEventInvokeConfig'],
  ),
  'aws:lambda/permission:Permission': ({ inputs }) => {
    const fn = String(inputs['function'])
    const target = fn.startsWith('arn:') ? fn : arn('lambda', `function:${fn}`)
    return {
      reads: on(target, 'lambda:GetPolicy'),
      writes: on(target, 'lambda:AddPermission', 'lambda:RemovePermission'),
    }
  },
  'aws:lb/listener:Listener': service(
    'elasticloadbalancing',
    ['DescribeListenerAttributes', 'DescribeListeners', 'DescribeTags'],
    ['AddTags', 'CreateListener', 'DeleteListener', 'ModifyListener', 'RemoveTags'],
  ),
  'aws:lb/loadBalancer:LoadBalancer': () => ({
    reads: on('*', 'elasticloadbalancing:DescribeLoadBalancers', 'elasticloadbalancing:DescribeTags'),
    writes: [
      ...on('*', 'elasticloadbalancing:CreateLoadBalancer', 'elasticloadbalancing:DeleteLoadBalancer'),
      ...on(
        '*',
        'elasticloadbalancing:ModifyLoadBalancerAttributes',
        'elasticloadbalancing:SetSecurityGroups',
      ),
      ...serviceLinkedRole('elasticloadbalancing.amazonaws.com'),
    ],
  }),
  'aws:lb/targetGroup:TargetGroup': service(
    'elasticloadbalancing',
    ['DescribeTargetGroupAttributes', 'DescribeTargetGroups', 'DescribeTags'],
    ['AddTags', 'CreateTargetGroup', 'DeleteTargetGroup', 'ModifyTargetGroup', 'ModifyTargetGroupAttributes'],
  ),
  'aws:route53/record:Record': service(
    'route53',
    ['GetChange', 'GetHostedZone', 'ListResourceRecordSets'],
    ['ChangeResourceRecordSets'],
  ),
  'aws:s3/bucketObjectv2:BucketObjectv2': ({ inputs }) => {
    const object = `${ASSETS}/${inputs['key']}`
    return {
      reads: on(object, 's3:GetObject', 's3:GetObjectTagging'),
      writes: on(object, 's3:DeleteObject', 's3:PutObject', 's3:PutObjectTagging'),
    }
  },
  'aws:scheduler/schedule:Schedule': ({ inputs }) => {
    const { roleArn } = inputs['target'] as { roleArn: unknown }
    return {
      reads: on('*', 'scheduler:GetSchedule'),
      writes: [
        ...on('*', 'scheduler:CreateSchedule', 'scheduler:DeleteSchedule', 'scheduler:UpdateSchedule'),
        ...passes(roleArn),
      ],
    }
  },
  'aws:sns/topic:Topic': service(
    'sns',
    ['GetTopicAttributes', 'ListTagsForResource'],
    ['CreateTopic', 'DeleteTopic', 'SetTopicAttributes', 'TagResource', 'UntagResource'],
  ),
  'aws:sns/topicSubscription:TopicSubscription': service(
    'sns',
    ['GetSubscriptionAttributes'],
    ['Subscribe', 'Unsubscribe'],
  ),
  'aws:sqs/queue:Queue': service(
    'sqs',
    ['GetQueueAttributes', 'GetQueueUrl', 'ListQueueTags'],
    ['CreateQueue', 'DeleteQueue', 'SetQueueAttributes', 'TagQueue', 'UntagQueue'],
  ),
  'aws:ssm/parameter:Parameter': (resource) => {
    const parameter = arn('ssm', `parameter${nameOf(resource)}`)
    return {
      reads: [
        ...on('*', 'ssm:DescribeParameters'),
        ...on(parameter, 'ssm:GetParameter', 'ssm:GetParameters', 'ssm:ListTagsForResource'),
      ],
      writes: on(
        parameter,
        'ssm:AddTagsToResource',
        'ssm:DeleteParameter',
        'ssm:PutParameter',
        'ssm:RemoveTagsFromResource',
      ),
    }
  },
  'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule': service(
    'ec2',
    ['DescribeSecurityGroupRules'],
    ['AuthorizeSecurityGroupIngress', 'ModifySecurityGroupRules', 'RevokeSecurityGroupIngress', 'CreateTags'],
  ),
  'random:index/randomBytes:RandomBytes': () => ({ reads: [], writes: [] }),
}
