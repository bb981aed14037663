import { describe, expect, it } from 'vitest'
import { AUDIENCE, audienceProblem, REPOSITORY, subjectsOf } from './subjects.ts'

describe(subjectsOf, () => {
  it('returns the subject with ids and the one without for a repository with ids', () => {
    expect(subjectsOf('octocat@123456/my-repo@456789', 'production')).toEqual([
      'repo:octocat/my-repo:environment:production',
      'repo:octocat@123456/my-repo@456789:environment:production',
    ])
  })

  it('returns one subject for a repository without ids', () => {
    expect(subjectsOf('octocat/my-repo', 'preview')).toEqual(['repo:octocat/my-repo:environment:preview'])
  })
})

describe('REPOSITORY', () => {
  it.each(['octocat/my-repo', 'octocat@1/my-repo@2', 'a.b/c_d', 'a.b@10/c_d@20'])('accepts %s', (name) => {
    expect(name).toMatch(REPOSITORY)
  })

  // A wildcard in the trust policy would admit other repositories.
  it.each([
    'octocat',
    'octocat@1/my-repo',
    'octocat/my-repo@2',
    'octocat@x/my-repo@2',
    'octocat/*',
    'a/b/c',
    'a/b:ref',
  ])('rejects %s', (name) => {
    expect(name).not.toMatch(REPOSITORY)
  })
})

describe(audienceProblem, () => {
  it('accepts a provider with AWS’ audience among others', () => {
    expect(
      audienceProblem('arn:aws:iam::1:oidc-provider/x', ['https://github.com/owner', AUDIENCE]),
    ).toBeUndefined()
  })

  it('names the command that adds the audience', () => {
    expect(audienceProblem('arn:aws:iam::1:oidc-provider/x', ['https://github.com/owner'])).toContain(
      'aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn arn:aws:iam::1:oidc-provider/x',
    )
  })
})
