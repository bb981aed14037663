import { describe, expect, it } from 'vitest'
import { callsOfLookUps, callsOfSst } from './calls.ts'
import type { Resource } from './offline/graph-file.ts'
import { allowing, permits, type Request, type Statement, statements } from './policy.ts'
import { STAGES, type StageName, stageOf } from './stages.ts'

const NAMES = Object.keys(STAGES) as StageName[]
const production = () => stageOf('production')

/** Actions for which AWS accepts no resource but `*`. */
const WITHOUT_RESOURCE = [
  'logs:DescribeLogGroups',
  'ssm:DescribeParameters',
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
]

/** Actions that extend the permissions of a role. */
const ESCALATING = ['iam:AttachRolePolicy', 'iam:PutRolePolicy', 'iam:PutRolePermissionsBoundary']

/** The managed policy PowerUserAccess, as far as a deploy uses it. https://docs.aws.amazon.com/aws-managed-policy/latest/reference/PowerUserAccess.html */
const POWER_USER = statements({
  Statement: [
    { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' },
    {
      Effect: 'Allow',
      Action: ['iam:CreateServiceLinkedRole', 'iam:DeleteServiceLinkedRole', 'iam:ListRoles'],
      Resource: '*',
    },
  ],
})

/** Returns each request that the statements do not allow, as one line. */
function refused(permissions: readonly Statement[], requests: readonly Request[]): string[] {
  return requests
    .filter((request) => !permits(permissions, request))
    .map(({ action, resource, context }) => `${action} on ${resource} ${JSON.stringify(context ?? {})}`)
}

describe('permissions', () => {
  it('no role trusts an account, a user or every principal', () => {
    for (const name of NAMES) {
      const stage = stageOf(name)
      for (const role of stage.all('Role')) {
        const principals = stage.trust(role.name).flatMap(({ principals: names }) => names)
        expect(principals.length, role.name).toBeGreaterThan(0)
        expect(
          principals.filter(
            (principal) => !/^(Service (pods\.)?[\w-]+\.amazonaws\.com|Federated arn:)/.test(principal),
          ),
          `${name}: ${role.name}`,
        ).toEqual([])
      }
    }
  })

  it('only Lambda may assume a function’s role', () => {
    for (const name of NAMES) {
      const stage = stageOf(name)
      for (const { name: fn } of stage.all('aws:lambda/function:Function')) {
        const role = fn.replace(/Function$/, 'Role')
        expect(stage.trust(role).flatMap((s) => s.principals)).toEqual(['Service lambda.amazonaws.com'])
        expect(stage.managedPolicies(role)).toEqual([])
      }
    }
  })

  it('every statement names its actions, and its resources where AWS accepts any', () => {
    for (const name of NAMES) {
      const stage = stageOf(name)
      for (const role of stage.all('Role')) {
        for (const { effect, actions, resources } of stage.permissions(role.name)) {
          if (effect === 'Deny') continue
          // The preview role has every permission on resources of preview stages.
          const own = resources.every((resource) => /pr-\*/.test(resource))
          if (!own) expect(actions.filter((action) => action.includes('*'))).toEqual([])
          const needing = actions.filter((action) => !WITHOUT_RESOURCE.includes(action))
          if (needing.length > 0) expect(resources, needing.join()).not.toContain('*')
        }
      }
    }
  })

  it('the API may read and write its two tables, trigger refill and describe its cluster, and nothing else', () => {
    const stage = production()
    const arn = (type: string, name: string) => stage.one(type, name).outputs['arn']
    expect(stage.permissions('ApiRole').map(({ actions, resources }) => [resources, actions])).toEqual([
      [
        [arn('Table', 'PoolTable')],
        [
          'dynamodb:BatchGetItem',
          'dynamodb:GetItem',
          'dynamodb:PutItem',
          'dynamodb:Query',
          'dynamodb:UpdateItem',
        ],
      ],
      [
        [arn('Table', 'SessionsTable')],
        ['dynamodb:BatchGetItem', 'dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
      ],
      [[arn('aws:lambda/function:Function', 'RefillFunction')], ['lambda:InvokeFunction']],
      [[arn('Cluster', 'Cluster')], ['eks:DescribeCluster']],
      [
        ['arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/warm-pods-production-*'],
        ['logs:CreateLogStream', 'logs:PutLogEvents'],
      ],
      [['*'], ['xray:PutTraceSegments', 'xray:PutTelemetryRecords']],
    ])
  })

  it('each Lambda may describe its own cluster and do nothing else in EKS', () => {
    const own = production().one('Cluster').outputs['arn']
    const shared = 'arn:aws:eks:eu-central-1:111122223333:cluster/team'
    for (const [stage, cluster] of [
      [production(), own],
      [stageOf('shared'), shared],
    ] as const) {
      for (const role of ['ApiRole', 'RefillRole']) {
        const eks = stage
          .permissions(role)
          .filter(({ actions }) => actions.some((action) => action.startsWith('eks:')))
        expect(eks.map(({ actions, resources }) => [actions, resources])).toEqual([
          [['eks:DescribeCluster'], [cluster]],
        ])
      }
    }
  })

  it('each schedule may invoke its own function and do nothing else', () => {
    for (const name of ['production', 'shared'] as const) {
      const stage = stageOf(name)
      for (const [role, fn] of [
        ['EveryMinuteRole', 'RefillFunction'],
        ['KeepWarmRole', 'ApiFunction'],
      ] as const) {
        const { arn } = stage.one('aws:lambda/function:Function', fn).outputs
        const permissions = stage.permissions(role).map(({ actions, resources }) => [actions, resources])
        expect(permissions, role).toEqual([[['lambda:InvokeFunction'], [arn]]])
        expect(stage.managedPolicies(role), role).toEqual([])
      }
    }
  })

  it('only API Gateway may invoke the API by its resource policy, so no other account sends it events', () => {
    const permissions = production().all('aws:lambda/permission:Permission')
    expect(permissions.map(({ inputs }) => inputs['principal'])).toEqual(['apigateway.amazonaws.com'])
  })

  it('the functions write to log groups of the stage', () => {
    const stage = production()
    for (const fn of stage.all('aws:lambda/function:Function')) {
      const { logGroup } = fn.inputs['loggingConfig'] as { logGroup: string }
      expect(logGroup).toMatch(/^\/aws\/lambda\/warm-pods-production-/)
      expect(stage.all('LogGroup').map((group) => group.outputs['name'])).toContain(logGroup)
    }
  })

  it('the API of an asleep stage may only write logs and traces', () => {
    const actions = stageOf('asleep')
      .permissions('ApiRole')
      .flatMap(({ actions: names }) => names)
    expect(actions.filter((action) => !/^(logs|xray):/.test(action))).toEqual([])
  })

  it('each Lambda has its own access entry and Kubernetes group, and no access policy', () => {
    for (const [name, namespace] of [
      ['production', 'warm-pods'],
      ['shared', 'warm-pods-ada'],
    ] as const) {
      const stage = stageOf(name)
      for (const [entry, role, group] of [
        ['ApiAccess', 'ApiRole', 'api'],
        ['RefillAccess', 'RefillRole', 'refill'],
      ] as const) {
        const principalArn = stage.one('Role', role).outputs['arn']
        expect(stage.one('AccessEntry', entry).inputs).toMatchObject({
          principalArn,
          type: 'STANDARD',
          kubernetesGroups: [`${namespace}:${group}`],
        })
        const policies = stage.all('AccessPolicyAssociation').map((a) => a.inputs['principalArn'])
        expect(policies).not.toContain(principalArn)
      }
    }
  })

  it('only the owner and the deploy role administer the cluster; its creator does not', () => {
    const stage = production()
    const admins = stage.all('AccessPolicyAssociation').map((a) => a.inputs['principalArn'])
    const owner = STAGES.production.env.WARM_PODS_ADMIN_ARN
    expect(new Set(admins)).toEqual(new Set([stage.one('Role', 'GithubDeploy').outputs['arn'], owner]))
    expect(stage.one('Cluster').inputs['accessConfig']).toEqual({
      authenticationMode: 'API',
      bootstrapClusterCreatorAdminPermissions: false,
    })
  })

  it('the deploy role manages only the app’s roles, and the preview role only preview stages', () => {
    const stage = production()
    expect(stage.managedPolicies('GithubDeploy')).toEqual(['PowerUserAccess'])
    for (const { effect, resources } of stage.permissions('GithubDeploy')) {
      if (effect === 'Deny') continue
      for (const arn of resources)
        expect(arn).toMatch(
          /:role\/(warm-pods-\*|aws-service-role\/\*)$|:oidc-provider\/token|:policy\/warm-pods-\w+-boundary$/,
        )
    }
    expect(stage.managedPolicies('GithubPreview')).toEqual([])
    for (const { actions, resources } of stage.permissions('GithubPreview')) {
      if (actions.every((action) => WITHOUT_RESOURCE.includes(action))) continue
      for (const arn of resources) {
        expect(arn).toMatch(
          /warm-pods-pr-\*|warm-pods\/pr-\*|::\/(apis|apis\/\*|tags\/\*)$|\/sst\/bootstrap$|sst-asset-\*\/assets\/pr-\*$|parameter\/warm-pods$|:::sst-state-\*$|secret\/warm-pods\/_fallback\.json$/,
        )
      }
    }
  })

  it('the preview role may make every call of a preview stage’s deploy, refresh and removal', () => {
    const stage = stageOf('preview')
    const permissions = production().permissions('GithubPreview')
    const calls = [...callsOfSst('pr-7'), ...callsOfLookUps(stage.graph), ...stage.resourceCalls()]
    expect(calls.length).toBeGreaterThan(60)
    expect(refused(permissions, calls)).toEqual([])
  })

  it('the deploy role may make every call of production’s deploy, except changes of what only the owner deploys', () => {
    for (const name of ['production', 'monitored', 'asleep'] as const) {
      const stage = stageOf(name)
      const permissions = [...POWER_USER, ...production().permissions('GithubDeploy')]
      const owners = ({ name: id }: Resource): boolean => id.startsWith('Github') || id.endsWith('Boundary')
      const calls = [
        ...callsOfSst('production'),
        ...callsOfLookUps(stage.graph),
        { action: 'ecr:DescribeImages', resource: '*' },
        ...stage.resourceCalls((resource) => (owners(resource) ? 'reads' : 'all')),
      ]
      expect(calls.length).toBeGreaterThan(100)
      expect(refused(permissions, calls), name).toEqual([])
    }
  })

  it('the collector of logs may write to its log group and nothing else, by EKS Pod Identity', () => {
    const stage = stageOf('monitored')
    expect(stage.trust('PodLogsRole').flatMap(({ principals }) => principals)).toEqual([
      'Service pods.eks.amazonaws.com',
    ])
    const group = stage.one('LogGroup', 'PodLogs').outputs['arn']
    expect(stage.permissions('PodLogsRole').map(({ actions, resources }) => [resources, actions])).toEqual([
      [
        [group, `${group}:*`],
        ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
      ],
    ])
    expect(stage.one('PodIdentityAssociation').inputs).toMatchObject({
      namespace: 'warm-pods-logs',
      serviceAccount: 'fluent-bit',
    })
  })

  it('the preview role can neither change nor tag the API of another stage', () => {
    const permissions = production().permissions('GithubPreview')
    const api = 'arn:aws:apigateway:eu-central-1::/apis/abc123'
    const requests = (context: Record<string, string>) =>
      ['DELETE', 'PATCH', 'POST', 'PUT'].flatMap((method) =>
        [api, `${api}/routes/r1`, `${api}/integrations`, `${api}/stages/$default`].map((resource) => ({
          action: `apigateway:${method}`,
          resource,
          context,
        })),
      )
    for (const context of [{ 'aws:ResourceTag/stage': 'production' }, { 'aws:ResourceTag/stage': 'ada' }, {}])
      expect(requests(context).filter((request) => permits(permissions, request))).toEqual([])
    expect(refused(permissions, requests({ 'aws:ResourceTag/stage': 'pr-7' }))).toEqual([])
    const create = { action: 'apigateway:POST', resource: 'arn:aws:apigateway:eu-central-1::/apis' }
    expect(permits(permissions, create)).toBe(false)
    expect(permits(permissions, { ...create, context: { 'aws:RequestTag/stage': 'production' } })).toBe(false)
  })

  it('the preview role can neither read nor replace a code archive of another stage', () => {
    const permissions = production().permissions('GithubPreview')
    const key = production().one('BucketObjectv2', 'ApiCode').inputs['key']
    const bucket = 'arn:aws:s3:::sst-asset-abcdefghijkl'
    for (const resource of [`${bucket}/${key}`, `${bucket}/assets/ada/Api.zip`, `${bucket}/assets/Api.zip`])
      for (const action of ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:PutObjectTagging'])
        expect(permits(permissions, { action, resource }), `${action} ${resource}`).toBe(false)
  })

  it('no workflow can extend its own permissions, or create a role beyond the boundary', () => {
    const stage = production()
    for (const [role, boundaryOf, name] of [
      ['GithubDeploy', 'ProductionBoundary', 'warm-pods-production-api'],
      ['GithubPreview', 'PreviewBoundary', 'warm-pods-pr-7-api'],
    ] as const) {
      const allowed = (action: string, arn: string) => allowing(stage.permissions(role), action, arn)
      const arn = (kind: string, what: string) => `arn:aws:iam::111122223333:${kind}/${what}`
      const boundary = `arn:aws:iam::111122223333:policy/${stage.one('Policy', boundaryOf).inputs['name']}`
      for (const action of ['iam:CreateRole', 'iam:PutRolePolicy', 'iam:AttachRolePolicy']) {
        const statementsOf = allowed(action, arn('role', name))
        expect(statementsOf.length, `${role} ${action}`).toBeGreaterThan(0)
        for (const { condition } of statementsOf)
          expect(condition).toEqual({ StringEquals: { 'iam:PermissionsBoundary': boundary } })
      }
      for (const action of [...ESCALATING, 'iam:PassRole', 'iam:UpdateAssumeRolePolicy', 'iam:CreateRole']) {
        for (const own of ['production-github-production', 'production-github-preview'])
          expect(allowed(action, arn('role', `warm-pods-${own}`)), `${role} ${action} ${own}`).toEqual([])
      }
      for (const action of ['iam:CreatePolicyVersion', 'iam:SetDefaultPolicyVersion', 'iam:DeletePolicy'])
        expect(allowed(action, boundary), `${role} ${action}`).toEqual([])
      for (const action of ['iam:PutRolePermissionsBoundary', 'iam:DeleteRolePermissionsBoundary'])
        expect(allowed(action, arn('role', name)), `${role} ${action}`).toEqual([])
      expect(allowed('sts:AssumeRole', arn('role', 'admin'))).toEqual([])
    }
    expect(stage.permissions('GithubDeploy')).toContainEqual(
      expect.objectContaining({ effect: 'Deny', actions: ['sts:AssumeRole'], resources: ['*'] }),
    )
  })

  it('every role that a workflow creates has a boundary without permission to create identities', () => {
    const boundaries = [
      ['production', 'ProductionBoundary'],
      ['asleep', 'ProductionBoundary'],
      ['preview', 'PreviewBoundary'],
    ] as const
    for (const [name, boundaryOf] of boundaries) {
      const policy = production().one('Policy', boundaryOf)
      for (const role of stageOf(name).all('Role')) {
        if (role.name.startsWith('Github')) continue
        expect(String(role.inputs['permissionsBoundary']), `${name} ${role.name}`).toMatch(
          new RegExp(`[:/]${policy.inputs['name']}$`),
        )
      }
      const boundary = statements(policy.inputs['policy'])
      for (const action of [...ESCALATING, 'iam:CreateUser', 'iam:CreateAccessKey', 'sts:AssumeRole'])
        expect(allowing(boundary, action, 'arn:aws:iam::111122223333:role/any'), action).toEqual([])
    }
  })

  it('a boundary allows every permission of the functions', () => {
    for (const [name, boundaryOf] of [
      ['production', 'ProductionBoundary'],
      ['preview', 'PreviewBoundary'],
    ] as const) {
      const boundary = statements(production().one('Policy', boundaryOf).inputs['policy'])
      const stage = stageOf(name)
      for (const { name: fn } of stage.all('aws:lambda/function:Function')) {
        for (const { actions, resources } of stage.permissions(fn.replace(/Function$/, 'Role'))) {
          for (const action of actions)
            for (const resource of resources)
              expect(allowing(boundary, action, resource).length, `${action} ${resource}`).toBeGreaterThan(0)
        }
      }
    }
  })

  it('GitHub can deploy only from this repository’s two environments', () => {
    for (const name of NAMES.filter((n) => STAGES[n].stage !== 'production')) {
      expect(stageOf(name).all('OpenIdConnectProvider')).toEqual([])
    }
    for (const [role, environment] of [
      ['GithubDeploy', 'production'],
      ['GithubPreview', 'preview'],
    ] as const) {
      const [trust] = production().trust(role)
      expect(trust?.condition).toEqual({
        StringEquals: {
          'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
          'token.actions.githubusercontent.com:sub': [
            `repo:owner/warm-pods:environment:${environment}`,
            `repo:owner@1001/warm-pods@2002:environment:${environment}`,
          ],
        },
      })
    }
  })

  it('no function has a secret in its environment', () => {
    for (const name of NAMES) {
      const stage = stageOf(name)
      for (const fn of stage.all('aws:lambda/function:Function')) {
        const names = Object.keys(stage.environment(fn.name))
        expect(names.filter((n) => /SECRET|PASSWORD|TOKEN|ACCESS_KEY/.test(n))).toEqual([])
      }
    }
  })
})
