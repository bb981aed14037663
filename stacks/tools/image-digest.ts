/** Resolves a tag to a digest at a public registry (OCI distribution specification, sections "Pull" and "Auth"). */

const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]
/** A deploy goes on without the registry, so it does not wait long for it. */
const TIMEOUT_MS = 5_000

export interface PublicImage {
  /** Host of the registry. */
  readonly registry: string
  readonly repository: string
  readonly tag: string
}

/**
 * Returns the digest, `sha256:…`, that the tag names now, for all platforms.
 * @throws Error when the registry does not answer, or answers without a digest.
 */
export async function digestOf(
  { registry, repository, tag }: PublicImage,
  send: typeof fetch = fetch,
): Promise<string> {
  const url = `https://${registry}/v2/${repository}/manifests/${tag}`
  const head = (headers: Record<string, string>): Promise<Response> =>
    send(url, {
      method: 'HEAD',
      headers: { accept: MANIFESTS.join(', '), ...headers },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
  let response = await head({})
  if (response.status === 401) {
    const token = await tokenFor(repository, response.headers.get('www-authenticate') ?? '', send)
    response = await head({ authorization: `Bearer ${token}` })
  }
  const digest = response.headers.get('docker-content-digest') ?? ''
  if (!response.ok || !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw new Error(`${registry} answered ${response.status} for ${repository}:${tag}, without a digest.`)
  return digest
}

/** Gets the token that the registry gives any caller for pulling. */
async function tokenFor(repository: string, challenge: string, send: typeof fetch): Promise<string> {
  const field = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? ''
  const url = new URL(field('realm'))
  url.searchParams.set('service', field('service'))
  url.searchParams.set('scope', `repository:${repository}:pull`)
  const response = await send(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  const { token } = (await response.json()) as { token?: string }
  return token ?? ''
}
