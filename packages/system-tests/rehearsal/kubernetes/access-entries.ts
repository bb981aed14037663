/**
 * Identifies a caller of the API server, as EKS does. The token is a signed request to STS, and STS names the principal. The
 * cluster's access entries give its groups. The signature is not verified, because the emulator verifies none;
 * `npm run test:infra` verifies it with EKS' own authenticator.
 * https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html
 */
import * as v from 'valibot'
import type { Emulator } from '../aws/emulator.ts'
import { textOf } from '../aws/emulator.ts'

export interface Identity {
  readonly user: string
  readonly groups: readonly string[]
}

/** The token is not accepted. The message says why. */
export class Unauthorized extends Error {}

const PREFIX = 'k8s-aws-v1.'
const MAX_AGE_MS = 15 * 60_000
const SIGNED_HEADERS = 'host;x-k8s-aws-id'
const ADMIN_POLICY = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy'

/**
 * @param hosts of STS for which a token may be signed.
 * @returns the presigned URL in a bearer token.
 * @throws Unauthorized for any other token, and for an expired one.
 */
export function tokenUrl(authorization: string, hosts: readonly string[], nowMs: number): URL {
  const token = authorization.replace(/^Bearer /, '')
  if (!token.startsWith(PREFIX)) throw new Unauthorized('The bearer token is not one of EKS.')
  const text = Buffer.from(token.slice(PREFIX.length), 'base64url').toString()
  if (!URL.canParse(text)) throw new Unauthorized('The bearer token contains no URL.')
  const url = new URL(text)
  if (!hosts.includes(url.host)) throw new Unauthorized(`The token is for ${url.host}.`)
  const query = (name: string) => url.searchParams.get(name) ?? ''
  if (query('Action') !== 'GetCallerIdentity')
    throw new Unauthorized('The token does not ask GetCallerIdentity.')
  if (query('X-Amz-SignedHeaders') !== SIGNED_HEADERS)
    throw new Unauthorized(`The token signs ${query('X-Amz-SignedHeaders')}, not ${SIGNED_HEADERS}.`)
  const [, date = '', time = ''] = /^(\d{8})T(\d{6})Z$/.exec(query('X-Amz-Date')) ?? []
  const signedMs = Date.parse(
    `${date.replace(/(....)(..)(..)/, '$1-$2-$3')}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`,
  )
  if (!(Math.abs(nowMs - signedMs) <= MAX_AGE_MS))
    throw new Unauthorized('The token is older than 15 minutes.')
  return url
}

/** @returns the ARN of the principal: `assumed-role/<role>/<session>` of STS becomes `role/<role>` of IAM. */
export function principalOf(callerArn: string): string {
  return callerArn.replace(/^arn:aws:sts::(\d+):assumed-role\/([^/]+)\/.*$/, 'arn:aws:iam::$1:role/$2')
}

const Entry = v.object({ accessEntry: v.object({ kubernetesGroups: v.array(v.string()) }) })
const Policies = v.object({ associatedAccessPolicies: v.array(v.object({ policyArn: v.string() })) })

/**
 * Returns a function that gives the identity of a caller. It throws Unauthorized, and errors of the emulator.
 * @param endpoint returns the host that the AWS CLI calls instead of AWS.
 */
export function accessEntries(
  emulator: Emulator,
  cluster: string,
  endpoint: () => string,
): (authorization: string) => Promise<Identity> {
  const known = new Map<string, Promise<Identity>>()

  async function identify(url: URL): Promise<Identity> {
    const principal = principalOf(await callerOf(emulator, url))
    const path = `/clusters/${cluster}/access-entries/${encodeURIComponent(principal)}`
    const entry = await emulator.rest('eks', path).catch((cause) => {
      throw new Unauthorized(`The cluster ${cluster} has no access entry for ${principal}.`, { cause })
    })
    const policies = v.parse(Policies, await emulator.rest('eks', `${path}/access-policies`))
    const isAdmin = policies.associatedAccessPolicies.some(({ policyArn }) => policyArn === ADMIN_POLICY)
    const { kubernetesGroups } = v.parse(Entry, entry).accessEntry
    return { user: principal, groups: [...kubernetesGroups, ...(isAdmin ? ['system:masters'] : [])] }
  }

  return (authorization) => {
    const hosts = [`sts.${emulator.region}.amazonaws.com`, endpoint()]
    const url = tokenUrl(authorization, hosts, Date.now())
    const identity = known.get(url.href) ?? identify(url)
    known.set(url.href, identity)
    identity.catch(() => known.delete(url.href))
    return identity
  }
}

/** The emulator takes the signature only from a header, and the token has it in its query. */
async function callerOf(emulator: Emulator, url: URL): Promise<string> {
  const query = (name: string) => url.searchParams.get(name) ?? ''
  const response = await fetch(emulator.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `AWS4-HMAC-SHA256 Credential=${query('X-Amz-Credential')}, SignedHeaders=${query('X-Amz-SignedHeaders')}, Signature=${query('X-Amz-Signature')}`,
    },
    body: new URLSearchParams({ Action: 'GetCallerIdentity', Version: query('Version') }).toString(),
  })
  const text = await response.text()
  if (!response.ok) throw new Unauthorized(`STS answered ${response.status}: ${text.slice(0, 200)}`)
  return textOf(text, 'Arn')
}
