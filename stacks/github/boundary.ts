import type { Settings } from '../settings/settings.ts'

/** The actions by which a deploy role may read the boundaries. It may never write them. */
export const BOUNDARY_READS = ['iam:GetPolicy', 'iam:GetPolicyVersion', 'iam:ListPolicyVersions']

/**
 * Returns the ARN for `permissionsBoundary` of every role in this stage, and creates both boundaries in production.
 * A boundary caps a role's permissions. Without it, a workflow that may create a role and pass it to a function could
 * gain any permission. The owner deploys the boundaries by hand; the roles of GitHub can only refer to them.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 * Raw Pulumi, as all of IAM here: SST has no component for policies or for GitHub's roles.
 * @returns undefined for a personal stage, whose owner deploys it with their own permissions.
 */
export function createBoundary(settings: Settings): $util.Output<string> | undefined {
  const account = aws.getCallerIdentityOutput().accountId
  if (settings.preview) return account.apply(previewBoundary)
  if (!settings.production) return undefined
  const createPolicy = (name: string, statements: (account: string) => object[]) =>
    new aws.iam.Policy(`${name}Boundary`, {
      name: `${$app.name}-${name.toLowerCase()}-boundary`,
      // AWS cannot change a description: another text would replace the policy.
      description: `The most that a role of a ${name.toLowerCase()} stage can be given`,
      policy: account.apply((number) =>
        JSON.stringify({ Version: '2012-10-17', Statement: statements(number) }),
      ),
    })
  createPolicy('Preview', (number) => previewLimits(settings.region, number))
  return createPolicy('Production', productionLimits).arn
}

/** Returns the ARN of the boundary that the roles of a preview stage must have. */
export function previewBoundary(account: string): string {
  return `arn:aws:iam::${account}:policy/${$app.name}-preview-boundary`
}

/** Returns the ARN of the boundary that production's roles must have. */
export function productionBoundary(account: string): string {
  return `arn:aws:iam::${account}:policy/${$app.name}-production-boundary`
}

/** Statements of production's boundary: no role assumes or creates another. Of IAM they allow only Auto Mode's calls to start a node. */
function productionLimits(account: string): object[] {
  return [
    {
      Effect: 'Allow',
      NotAction: ['iam:*', 'sts:AssumeRole', 'organizations:*', 'account:*'],
      Resource: ['*'],
    },
    {
      Effect: 'Allow',
      Action: [
        'iam:AddRoleToInstanceProfile',
        'iam:CreateInstanceProfile',
        'iam:DeleteInstanceProfile',
        'iam:GetInstanceProfile',
        'iam:RemoveRoleFromInstanceProfile',
        'iam:TagInstanceProfile',
      ],
      Resource: [`arn:aws:iam::${account}:instance-profile/eks*`],
    },
    {
      Effect: 'Allow',
      Action: ['iam:PassRole'],
      Resource: [`arn:aws:iam::${account}:role/${$app.name}-*-node`],
    },
    { Effect: 'Allow', Action: ['iam:ListInstanceProfiles'], Resource: ['*'] },
    {
      Effect: 'Allow',
      Action: ['iam:CreateServiceLinkedRole'],
      Resource: [`arn:aws:iam::${account}:role/aws-service-role/*`],
    },
  ]
}

/** Statements of the preview boundary: the tables, functions and logs of preview stages. */
function previewLimits(region: string, account: string): object[] {
  const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`
  const name = `${$app.name}-pr-*`
  return [
    {
      Effect: 'Allow',
      Action: ['dynamodb:*', 'lambda:InvokeFunction', 'logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: [
        arn('dynamodb', `table/${name}`),
        arn('lambda', `function:${name}`),
        arn('logs', `log-group:/aws/lambda/${name}`),
      ],
    },
    { Effect: 'Allow', Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], Resource: ['*'] },
  ]
}
