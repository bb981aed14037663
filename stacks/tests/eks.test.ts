/**
 * The token that packages/functions makes, before the judges that are not ours: aws-iam-authenticator's verifier, which
 * is what EKS runs, and AWS' Go SDK, which computes the signature again. Needs Go; says so where there is none.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Signing } from '../../packages/functions/src/aws-signer.ts'
import { signingOf } from '../../packages/functions/src/aws-signer.ts'
import { documents } from '../../packages/functions/src/dynamo.ts'
import { eksToken } from '../../packages/functions/src/eks-token.ts'
import { type Authenticator, hasGo, startAuthenticator } from './eks/authenticator.ts'

const MINUTE = 60_000
/** The same as in eks/main.go, which plays the side of AWS that knows the secret. */
export const CREDENTIALS = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: "the-role's-secret",
  sessionToken: 'a+session/token==',
}

function signing(credentials: typeof CREDENTIALS = CREDENTIALS): Signing {
  const base = signingOf(documents({ region: 'eu-central-1', dynamodbEndpoint: '' }))
  return { ...base, credentials: async () => credentials }
}

if (!hasGo()) console.warn('SKIPPED: the EKS token before aws-iam-authenticator. Go is not installed.')

describe.skipIf(!hasGo())('aws-iam-authenticator', () => {
  let authenticator: Authenticator
  beforeAll(async () => {
    authenticator = await startAuthenticator('warm')
  })
  afterAll(() => authenticator[Symbol.asyncDispose]())

  it('takes our token for who the role is', async () => {
    expect(await authenticator.review(await eksToken('warm', signing())())).toEqual({
      authenticated: true,
      user: {
        username: 'arn:aws:sts::111122223333:assumed-role/warm-pods-production-ApiRole/Api',
        groups: ['warm-pods:provisioner'],
      },
    })
  })

  it('still takes it at the end of the time for which we keep it', async () => {
    const token = eksToken('warm', signing(), () => Date.now() - 14 * MINUTE)
    expect(await authenticator.review(await token())).toMatchObject({ authenticated: true })
  })

  it('refuses one that is older than a quarter of an hour', async () => {
    const token = eksToken('warm', signing(), () => Date.now() - 15 * MINUTE - 1_000)
    expect(await authenticator.review(await token())).toMatchObject({
      error: expect.stringContaining('expired'),
    })
  })

  it('refuses one made for another cluster', async () => {
    expect(await authenticator.review(await eksToken('other', signing())())).toMatchObject({
      error: expect.stringContaining('SignatureDoesNotMatch'),
    })
  })

  it('refuses one signed with another secret', async () => {
    const token = eksToken('warm', signing({ ...CREDENTIALS, secretAccessKey: 'guessed' }))
    expect(await authenticator.review(await token())).toMatchObject({
      error: expect.stringContaining('SignatureDoesNotMatch'),
    })
  })
})
