/**
 * Bearer tokens for EKS, as `aws eks get-token` makes them. A token is a presigned STS request that identifies the role; the
 * cluster sends it to STS. Signing needs no network.
 * https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster
 */
import { type Signing, signerFor } from './sigv4.ts'

/** The cluster accepts a token for 15 minutes after its signing date and ignores X-Amz-Expires. */
const LIFE_MS = 14 * 60_000
/** The value of the AWS CLI. */
const EXPIRES_IN_S = 60

/**
 * Returns a function that gives a token valid for at least a minute. It signs a new one every 14 minutes and does not cache
 * a failure. Errors of the credentials provider pass through.
 * @param now wall clock, ms since 1970, for the signature's date.
 */
export function eksToken(
  cluster: string,
  signing: Signing,
  now: () => number = Date.now,
): () => Promise<string> {
  let current: { readonly token: Promise<string>; readonly untilMs: number } | undefined
  return () => {
    const nowMs = now()
    if (current && nowMs < current.untilMs) return current.token
    const made = { token: presign(cluster, signing, nowMs), untilMs: nowMs + LIFE_MS }
    current = made
    made.token.catch(() => {
      if (current === made) current = undefined
    })
    return made.token
  }
}

async function presign(cluster: string, signing: Signing, nowMs: number): Promise<string> {
  const region = typeof signing.region === 'string' ? signing.region : await signing.region()
  const hostname = `sts.${region}.amazonaws.com`
  const request = {
    method: 'GET',
    protocol: 'https:',
    hostname,
    path: '/',
    query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    // Signed, but not part of the URL. The cluster adds its own name, so no other cluster accepts the token.
    headers: { host: hostname, 'x-k8s-aws-id': cluster },
  }
  const signed = await signerFor('sts', signing).presign(request, {
    expiresIn: EXPIRES_IN_S,
    signingDate: new Date(nowMs),
  })
  const query = Object.entries(signed.query ?? {}).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
  )
  return `k8s-aws-v1.${Buffer.from(`https://${hostname}/?${query.join('&')}`).toString('base64url')}`
}
