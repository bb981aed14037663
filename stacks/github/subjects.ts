/** What GitHub's OIDC tokens contain, without Pulumi, so that unit tests need no SST. */

export const HOST = 'token.actions.githubusercontent.com'

/** The audience that aws-actions/configure-aws-credentials asks for. */
export const AUDIENCE = 'sts.amazonaws.com'

/**
 * A repository as WARM_PODS_REPOSITORY names it: `owner@id/name@id`, or `owner/name`.
 * GitHub's numeric ids never change and are never reused, unlike the names.
 */
export const REPOSITORY = /^(?:[\w.-]+@\d+\/[\w.-]+@\d+|[\w.-]+\/[\w.-]+)$/

/**
 * Returns every subject (`sub`) that GitHub's OIDC token of a job in this environment may have.
 * Repositories created or renamed since 15 July 2026 send names with ids. Older ones send names alone until their owner opts in.
 * So a repository with ids has both subjects, and one without ids has a single one.
 * https://docs.github.com/en/actions/concepts/security/openid-connect
 */
export function subjectsOf(repository: string, environment: string): string[] {
  const names = repository.replaceAll(/@\d+/g, '')
  return [...new Set([names, repository])].map((form) => `repo:${form}:environment:${environment}`)
}

/** Returns the command that adds AWS' audience to a provider, in a sentence, or undefined if the provider has it. */
export function audienceProblem(arn: string, audiences: readonly string[]): string | undefined {
  if (audiences.includes(AUDIENCE)) return undefined
  return `The account's OIDC provider for GitHub lacks the audience ${AUDIENCE}. Add it: aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn ${arn} --client-id ${AUDIENCE}`
}
