/**
 * A bearer token for EKS, as `aws eks get-token` makes it: a presigned call of STS that says who we are, which the
 * cluster makes in our name. Signing is local, no network is asked.
 * https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster
 */
import { type Signing, signerFor } from './sigv4.ts'

/** The cluster honours a token for 15 minutes from its signing date, whatever X-Amz-Expires says. */
const LIFE_MS = 14 * 60_000
/** What AWS' own tool asks for; a longer time would not be honoured. */
const EXPIRES_IN_S = 60

/**
 * @param now wall clock, ms since 1970: the signature carries a date.
 * @returns a function that answers with the current token and signs anew a minute before it ends. A failure is not kept.
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
    // Signed, and not part of the URL: the cluster adds its own name, so the token is good for no other.
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
