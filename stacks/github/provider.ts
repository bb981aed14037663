import { AUDIENCE, audienceProblem, HOST } from './subjects.ts'

/**
 * Returns whether the account has an OIDC provider for GitHub. An account can have only one.
 * A failed look-up counts as none: creating the provider then fails with AWS' own error.
 * @throws Error with the command that repairs it, if workflows cannot use the provider for AWS.
 */
export async function findGithubProvider(): Promise<boolean> {
  const found = await aws.iam.getOpenIdConnectProvider({ url: `https://${HOST}` }).catch(() => undefined)
  if (!found) return false
  const problem = audienceProblem(found.arn, found.clientIdLists)
  if (problem) throw new Error(problem)
  return true
}

/**
 * Returns the ARN of the account's OIDC provider for GitHub, which this function creates unless it existed before.
 * @param after the parameters that record the kind. If a deploy ended between the two, the next would otherwise take
 * the stage's own provider for an existing one and delete it.
 */
export function githubProviderArn(
  kind: 'created' | 'existing',
  after: readonly aws.ssm.Parameter[],
): $util.Output<string> {
  if (kind === 'existing') {
    return $interpolate`arn:aws:iam::${aws.getCallerIdentityOutput().accountId}:oidc-provider/${HOST}`
  }
  return new aws.iam.OpenIdConnectProvider(
    'GithubOidc',
    { url: `https://${HOST}`, clientIdLists: [AUDIENCE] },
    { dependsOn: [...after] },
  ).arn
}
