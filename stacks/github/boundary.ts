import type { Settings } from '../settings/settings.ts'

/** What a deploy role may read of the boundaries, and never write. */
export const BOUNDARY_READS = ['iam:GetPolicy', 'iam:GetPolicyVersion', 'iam:ListPolicyVersions']

/** Stages of pull requests; their roles are made by the preview role (github.ts). */
const PREVIEW = /^pr-\d+$/

/**
 * The most that a role of this stage can be given, whoever gives it: without it, whoever may make a role and hand it to
 * a function may do anything. Production makes both, by its owner's hand; the roles of GitHub can only refer to them.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 * @returns ARN for `permissionsBoundary`; undefined for a personal stage, whose owner answers for it.
 */
export function boundary(s: Settings): $util.Output<string> | undefined {
  const account = aws.getCallerIdentityOutput().accountId
  if (PREVIEW.test(s.stage)) return account.apply(previewBoundary)
  if (!s.production) return undefined
  const own = (name: string, statements: (account: string) => object[]) =>
    new aws.iam.Policy(`${name}Boundary`, {
      name: `${$app.name}-${name.toLowerCase()}-boundary`,
      description: `The most that a role of a ${name.toLowerCase()} stage can be given`,
      policy: account.apply((number) =>
        JSON.stringify({ Version: '2012-10-17', Statement: statements(number) }),
      ),
    })
  own('Preview', (number) => previewLimits(s.region, number))
  return own('Production', productionLimits).arn
}

/** @returns the ARN of the boundary that a preview's roles must have. */
export function previewBoundary(account: string): string {
  return `arn:aws:iam::${account}:policy/${$app.name}-preview-boundary`
}

/** @returns the ARN of the boundary that production's roles must have. */
export function productionBoundary(account: string): string {
  return `arn:aws:iam::${account}:policy/${$app.name}-production-boundary`
}

/** No role of ours becomes another, nor makes one; of IAM only what Auto Mode does to start a node. */
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

/** What a function of a preview does: its own tables and log. */
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
