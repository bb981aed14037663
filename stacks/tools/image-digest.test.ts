import { describe, expect, it } from 'vitest'
import { digestOf } from './image-digest.ts'

const IMAGE = { registry: 'registry.example', repository: 'nginx/nginx-unprivileged', tag: 'stable' }
const DIGEST = `sha256:${'a'.repeat(64)}`
const CHALLENGE = 'Bearer realm="https://registry.example/token/",service="registry.example",scope="aws"'

/** A registry that gives a token to any caller, and a manifest to a caller with that token. */
function registryWith(digest: string, status = 200) {
  const calls: string[] = []
  const send = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    calls.push(`${init?.method ?? 'GET'} ${String(url)}`)
    if (String(url).includes('/token/')) return Response.json({ token: 'any' })
    const isAuthorized = new Headers(init?.headers).get('authorization') === 'Bearer any'
    if (!isAuthorized) return new Response(null, { status: 401, headers: { 'www-authenticate': CHALLENGE } })
    return new Response(null, { status, headers: { 'docker-content-digest': digest } })
  }
  return { send, calls }
}

describe(digestOf, () => {
  it('gets a token for pulling, and returns the digest that the tag names', async () => {
    const { send, calls } = registryWith(DIGEST)
    expect(await digestOf(IMAGE, send)).toBe(DIGEST)
    expect(calls).toEqual([
      'HEAD https://registry.example/v2/nginx/nginx-unprivileged/manifests/stable',
      'GET https://registry.example/token/?service=registry.example&scope=repository%3Anginx%2Fnginx-unprivileged%3Apull',
      'HEAD https://registry.example/v2/nginx/nginx-unprivileged/manifests/stable',
    ])
  })

  it.each([
    ['no manifest', DIGEST, 404],
    ['no digest', '', 200],
    ['another text', 'latest', 200],
  ])('throws when the registry answers with %s', async (_, digest, status) => {
    const { send } = registryWith(digest, status)
    await expect(digestOf(IMAGE, send)).rejects.toThrow('registry.example answered')
  })
})
