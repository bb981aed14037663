import { SignatureV4 } from '@smithy/signature-v4'
import type { DocumentClient } from '../store/client.ts'

/** Who signs: region, credentials and hash of a client that is there anyway, so that nothing is looked up twice. */
export type Signing = Pick<SignatureOptions, 'region' | 'credentials' | 'sha256'>
type SignatureOptions = ConstructorParameters<typeof SignatureV4>[0]

export function signingOf(documents: DocumentClient): Signing {
  const { region, credentials, sha256 } = documents.config
  return { region, credentials, sha256 }
}

/** A signer of requests to one AWS service: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html */
export function signerFor(service: string, signing: Signing): SignatureV4 {
  return new SignatureV4({ service, ...signing })
}
