import { createAdministrator } from '../cluster/cluster.ts'
import type { Settings } from '../settings/settings.ts'
import { BOUNDARY_READS, previewBoundary, productionBoundary } from './boundary.ts'
import { AUDIENCE, HOST, subjectsOf } from './subjects.ts'

/**
 * Creates the two roles with which this repository's workflows deploy.
 * One role is for the GitHub environment `production`, the other for `preview`. The environment's own rules decide which
 * branches may use it (docs/operations.md), since AWS sees only the token's subject.
 */
export function createGithubRoles(
  settings: Settings,
  repository: string,
  providerArn: $util.Output<string>,
  cluster: aws.eks.Cluster | undefined,
) {
  const roleFor = (id: string, environment: string) =>
    new aws.iam.Role(id, {
      name: `${$app.name}-${$app.stage}-github-${environment}`,
      maxSessionDuration: 3600,
      assumeRolePolicy: providerArn.apply((arn) => trust(arn, subjectsOf(repository, environment))),
    })
  const account = aws.getCallerIdentityOutput().accountId

  const deploy = roleFor('GithubDeploy', 'production')
  // PowerUserAccess allows everything except IAM. The statements below add the app's own roles, within the boundary.
  new aws.iam.RolePolicyAttachment('GithubDeployPower', {
    role: deploy.name,
    policyArn: 'arn:aws:iam::aws:policy/PowerUserAccess',
  })
  putPermissions('GithubDeployIdentities', deploy, account, (id) => [
    ...roleStatements(`arn:aws:iam::${id}:role/${$app.name}-*`, productionBoundary(id)),
    // The deploy role cannot change the roles of GitHub, its own included. Only the owner can.
    {
      Effect: 'Deny',
      Action: [...ROLE_ACTIONS, ...PERMISSION_ACTIONS].filter((action) => !/:(Get|List)/.test(action)),
      Resource: [`arn:aws:iam::${id}:role/${$app.name}-*-github-*`],
    },
    { Effect: 'Deny', Action: ['sts:AssumeRole'], Resource: ['*'] },
    { Action: BOUNDARY_READS, Resource: [productionBoundary(id), previewBoundary(id)] },
    {
      Action: [
        'iam:CreateOpenIDConnectProvider',
        'iam:DeleteOpenIDConnectProvider',
        'iam:GetOpenIDConnectProvider',
        'iam:TagOpenIDConnectProvider',
        'iam:UpdateOpenIDConnectProviderThumbprint',
      ],
      Resource: [`arn:aws:iam::${id}:oidc-provider/${HOST}`],
    },
    { Action: ['iam:CreateServiceLinkedRole'], Resource: [`arn:aws:iam::${id}:role/aws-service-role/*`] },
  ])
  // The deploy workflow applies k8s/ after each deploy.
  if (cluster) createAdministrator('GithubAccess', cluster, deploy.arn)

  const preview = roleFor('GithubPreview', 'preview')
  putPermissions('GithubPreviewStages', preview, account, (id) => previewStatements(settings.region, id))
}

const ROLE_ACTIONS = [
  'iam:DeleteRole',
  'iam:DeleteRolePolicy',
  'iam:DetachRolePolicy',
  'iam:GetRole',
  'iam:GetRolePolicy',
  'iam:ListAttachedRolePolicies',
  'iam:ListInstanceProfilesForRole',
  'iam:ListRolePolicies',
  'iam:PassRole',
  'iam:TagRole',
  'iam:UntagRole',
  'iam:UpdateAssumeRolePolicy',
  'iam:UpdateRole',
  'iam:UpdateRoleDescription',
]
/** The actions that give a role its permissions. */
const PERMISSION_ACTIONS = ['iam:AttachRolePolicy', 'iam:CreateRole', 'iam:PutRolePolicy']

/** Allows managing the named roles. Permissions go only to roles that have the boundary. */
function roleStatements(roles: string, boundary: string): Statement[] {
  return [
    { Action: ROLE_ACTIONS, Resource: [roles] },
    {
      Action: PERMISSION_ACTIONS,
      Resource: [roles],
      Condition: { StringEquals: { 'iam:PermissionsBoundary': boundary } },
    },
  ]
}

/** Code of a pull request runs with this role, so it reaches only the stages and the state named pr-<number>. */
function previewStatements(region: string, account: string): Statement[] {
  const name = `${$app.name}-pr-*`
  const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`
  return [
    ...roleStatements(`arn:aws:iam::${account}:role/${name}`, previewBoundary(account)),
    { Action: ['lambda:*'], Resource: [arn('lambda', `function:${name}`)] },
    { Action: ['dynamodb:*'], Resource: [arn('dynamodb', `table/${name}`)] },
    ...apiStatements(region),
    {
      Action: ['logs:*'],
      Resource: [
        arn('logs', `log-group:/aws/lambda/${name}`),
        arn('logs', `log-group:/aws/vendedlogs/apis/${name}`),
      ],
    },
    {
      Action: ['ssm:*'],
      Resource: [
        arn('ssm', `parameter/${$app.name}/pr-*`),
        arn('ssm', `parameter/sst/passphrase/${$app.name}/pr-*`),
      ],
    },
    { Action: ['ssm:GetParameter'], Resource: [arn('ssm', 'parameter/sst/bootstrap')] },
    { Action: ['ssm:GetParametersByPath'], Resource: [arn('ssm', `parameter/${$app.name}`)] },
    // AWS accepts no resource for these two, with which the provider finds a parameter and a log group.
    { Action: ['logs:DescribeLogGroups', 'ssm:DescribeParameters'], Resource: ['*'] },
    {
      Action: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
      Resource: [`arn:aws:s3:::sst-state-*/*/${$app.name}/pr-*`, 'arn:aws:s3:::sst-asset-*/assets/pr-*'],
    },
    // Without ListBucket, S3 answers 403 instead of 404 for a state that does not exist yet, and SST ends.
    { Action: ['s3:ListBucket'], Resource: ['arn:aws:s3:::sst-state-*'] },
    // SST reads the secrets that all stages share, though this app has none.
    { Action: ['s3:GetObject'], Resource: [`arn:aws:s3:::sst-state-*/secret/${$app.name}/_fallback.json`] },
    // The provider tags the code archive.
    {
      Action: ['s3:GetObjectTagging', 's3:PutObjectTagging'],
      Resource: ['arn:aws:s3:::sst-asset-*/assets/pr-*'],
    },
  ]
}

/**
 * Allows creating APIs with the tag of a preview stage, and changing only APIs that have it. An API's id is random, so its
 * ARN names no stage. Every resource of an API has the tags of the API for IAM.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html
 */
function apiStatements(region: string): Statement[] {
  const apis = `arn:aws:apigateway:${region}::/apis`
  const stageLike = (key: 'RequestTag' | 'ResourceTag') => ({ StringLike: { [`aws:${key}/stage`]: 'pr-*' } })
  return [
    { Action: ['apigateway:POST'], Resource: [apis], Condition: stageLike('RequestTag') },
    {
      Action: ['apigateway:DELETE', 'apigateway:PATCH', 'apigateway:POST', 'apigateway:PUT'],
      Resource: [`${apis}/*`],
      Condition: stageLike('ResourceTag'),
    },
    // Without a condition, so that the answer for a deleted API is 404 and not 403.
    { Action: ['apigateway:GET'], Resource: [`${apis}/*`] },
    // Tags have no tags of their own. To tag an API, AWS also asks for PATCH on that API.
    {
      Action: ['apigateway:DELETE', 'apigateway:GET', 'apigateway:POST', 'apigateway:PUT'],
      Resource: [`arn:aws:apigateway:${region}::/tags/*`],
    },
  ]
}

interface Statement {
  readonly Effect?: 'Deny'
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
  readonly Condition?: object
}

function putPermissions(
  id: string,
  role: aws.iam.Role,
  account: $util.Output<string>,
  statements: (account: string) => Statement[],
) {
  new aws.iam.RolePolicy(id, {
    role: role.name,
    policy: account.apply((number) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: statements(number).map((statement) => ({ Effect: 'Allow', ...statement })),
      }),
    ),
  })
}

/** @param subjects any of which the token may have. */
function trust(provider: string, subjects: readonly string[]): string {
  const sub = subjects.length === 1 ? subjects[0] : subjects
  const Condition = { StringEquals: { [`${HOST}:aud`]: AUDIENCE, [`${HOST}:sub`]: sub } }
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: provider },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition,
      },
    ],
  })
}
