import { SignatureV4 } from '@smithy/signature-v4'

/** Region, credentials and hash of an SDK client. Sharing them looks nothing up twice. */
export type Signing = Pick<SignatureOptions, 'region' | 'credentials' | 'sha256'>
type SignatureOptions = ConstructorParameters<typeof SignatureV4>[0]

/** @param config of any SDK client, `client.config`. */
export function signingOf({ region, credentials, sha256 }: Signing): Signing {
  return { region, credentials, sha256 }
}

/** Returns a signer of requests to one AWS service: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html */
export function signerFor(service: string, signing: Signing): SignatureV4 {
  return new SignatureV4({ service, ...signing })
}
