import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eksToken } from '@warm-pods/functions/aws/eks-token.ts'
import { signingOf } from '@warm-pods/functions/aws/sigv4.ts'
import { documents } from '@warm-pods/functions/store/client.ts'
import { describe, expect, it } from 'vitest'
import { emulatorAt } from '../aws/emulator.ts'
import { accessEntries, principalOf, tokenUrl } from './access-entries.ts'

const REGION = 'eu-central-1'
const HOST = `sts.${REGION}.amazonaws.com`
const MINUTE = 60_000
const ROLE = 'arn:aws:iam::123456789012:role/ApiRole'
const credentials = { accessKeyId: 'ASIAAPI', secretAccessKey: 'secret', sessionToken: 'token' }

function token(nowMs = Date.now()): Promise<string> {
  const signing = signingOf(documents({ region: REGION, dynamodbEndpoint: '' }).config)
  return eksToken('warm', { ...signing, credentials: async () => credentials }, () => nowMs)()
}

/** Runs `identify` against a fake of the STS and EKS calls. */
async function identify(authorization: string, entry: object | undefined, policies: readonly string[] = []) {
  const server = createServer((request, response) => {
    const send = (status: number, body: string) => response.writeHead(status).end(body)
    if (request.method === 'POST')
      return send(200, '<Arn>arn:aws:sts::123456789012:assumed-role/ApiRole/session</Arn>')
    if (request.url?.endsWith('/access-policies'))
      return send(
        200,
        JSON.stringify({ associatedAccessPolicies: policies.map((policyArn) => ({ policyArn })) }),
      )
    if (entry === undefined || request.url !== `/clusters/warm/access-entries/${encodeURIComponent(ROLE)}`)
      return send(404, 'no entry')
    return send(200, JSON.stringify({ accessEntry: entry }))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  try {
    const { port } = server.address() as AddressInfo
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' })
    return await accessEntries(
      emulatorAt(`http://127.0.0.1:${port}`, REGION),
      'warm',
      () => 'localhost',
    )(authorization)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

describe('the identity of a caller of the rehearsal’s cluster', () => {
  it('is the role of the token, with the groups of its access entry and no others', async () => {
    expect(await identify(`Bearer ${await token()}`, { kubernetesGroups: ['warm-pods:api'] })).toEqual({
      user: ROLE,
      groups: ['warm-pods:api'],
    })
  })

  it('has every right when the entry has the policy of a cluster administrator', async () => {
    const policy = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy'
    expect((await identify(`Bearer ${await token()}`, { kubernetesGroups: [] }, [policy])).groups).toEqual([
      'system:masters',
    ])
  })

  it('is refused without an access entry, and the message names the role', async () => {
    await expect(identify(`Bearer ${await token()}`, undefined)).rejects.toThrow(
      `The cluster warm has no access entry for ${ROLE}.`,
    )
  })

  it('stays a user for a user’s key, and is the role for the session of a role', () => {
    const user = 'arn:aws:iam::123456789012:user/owner'
    expect(principalOf(user)).toBe(user)
    expect(principalOf('arn:aws:sts::123456789012:assumed-role/ApiRole/x')).toBe(ROLE)
  })

  it.each([
    ['a token of another kind', async () => 'Bearer abc', 'not one of EKS'],
    ['a token older than 15 minutes', async () => `Bearer ${await token(Date.now() - 16 * MINUTE)}`, 'older'],
  ])('is refused for %s', async (_, authorization, message) => {
    const text = await authorization()
    expect(() => tokenUrl(text, [HOST], Date.now())).toThrow(message)
  })

  it('is refused for a token of another region', async () => {
    const text = `Bearer ${await token()}`
    expect(() => tokenUrl(text, ['sts.us-east-1.amazonaws.com'], Date.now())).toThrow(
      'The token is for sts.eu-central-1',
    )
  })
})
