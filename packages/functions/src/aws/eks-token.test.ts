import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { documents } from '../store/client.ts'
import { eksToken } from './eks-token.ts'
import { type Signing, signingOf } from './sigv4.ts'

const NOON = Date.UTC(2026, 10, 23, 12)
const MINUTE = 60_000

function signing(overrides: Partial<Signing> = {}): Signing {
  const base = signingOf(documents({ region: 'eu-central-1', dynamodbEndpoint: '' }).config)
  const credentials = async () => ({
    accessKeyId: 'AKIAEXAMPLE',
    secretAccessKey: 'secret',
    sessionToken: 'a+b/c==',
  })
  return { ...base, credentials, ...overrides }
}

function urlOf(token: string): URL {
  expect(token).toMatch(/^k8s-aws-v1\.[\w-]+$/)
  return new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString())
}

describe('the token for EKS', () => {
  it('is a request to the region’s STS with exactly the query keys that the cluster accepts', async () => {
    const url = urlOf(await eksToken('warm', signing(), () => NOON)())
    expect(url.origin + url.pathname).toBe('https://sts.eu-central-1.amazonaws.com/')
    // https://github.com/kubernetes-sigs/aws-iam-authenticator/blob/master/pkg/token/token.go, parameterWhitelist
    expect([...url.searchParams.keys()].sort()).toEqual([
      'Action',
      'Version',
      'X-Amz-Algorithm',
      'X-Amz-Credential',
      'X-Amz-Date',
      'X-Amz-Expires',
      'X-Amz-Security-Token',
      'X-Amz-Signature',
      'X-Amz-SignedHeaders',
    ])
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('host;x-k8s-aws-id')
    expect(url.searchParams.get('X-Amz-Date')).toBe('20261123T120000Z')
  })

  it('has a signature over the cluster’s name, which differs for another cluster', async () => {
    const url = urlOf(await eksToken('warm', signing(), () => NOON)())
    expect(signatureFor(url, 'warm')).toBe(url.searchParams.get('X-Amz-Signature'))
    expect(signatureFor(url, 'other')).not.toBe(url.searchParams.get('X-Amz-Signature'))
  })

  it('is cached for 14 minutes, and signed again a minute before it expires', async () => {
    let nowMs = NOON
    const token = eksToken('warm', signing(), () => nowMs)
    const first = await token()
    nowMs = NOON + 14 * MINUTE - 1
    expect(await token()).toBe(first)
    nowMs = NOON + 14 * MINUTE
    const second = await token()
    expect(second).not.toBe(first)
    expect(urlOf(second).searchParams.get('X-Amz-Date')).toBe('20261123T121400Z')
  })

  it('is signed once for concurrent callers', async () => {
    let asked = 0
    const credentials = async () => {
      asked++
      return { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' }
    }
    const token = eksToken('warm', signing({ credentials }), () => NOON)
    const tokens = await Promise.all([token(), token(), token()])
    expect(new Set(tokens).size).toBe(1)
    expect(asked).toBe(1)
  })

  it('is signed again after the credentials failed', async () => {
    let fails = true
    const credentials = async () => {
      if (fails) throw new Error('no credentials')
      return { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' }
    }
    const token = eksToken('warm', signing({ credentials }), () => NOON)
    await expect(token()).rejects.toThrow('no credentials')
    fails = false
    expect(await token()).toMatch(/^k8s-aws-v1\./)
  })
})

/** SigV4 by hand: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function signatureFor(url: URL, cluster: string): string {
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
  const encode = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, escape)
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
  const canonical = `GET\n/\n${query}\nhost:${url.host}\nx-k8s-aws-id:${cluster}\n\nhost;x-k8s-aws-id\n${hash('')}`
  const [, day = '', region = '', service = ''] = (url.searchParams.get('X-Amz-Credential') ?? '').split('/')
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = `AWS4-HMAC-SHA256\n${url.searchParams.get('X-Amz-Date')}\n${scope}\n${hash(canonical)}`
  const key = [day, region, service, 'aws4_request'].reduce<Buffer>(hmac, Buffer.from('AWS4secret'))
  return hmac(key, text).toString('hex')
}
