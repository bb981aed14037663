import { describe, expect, it } from 'vitest'
import { POD_DIGEST } from './offline/fake-aws.ts'
import { type Options, sst } from './offline/sst.ts'
import { Stage } from './stage.ts'
import { STAGES } from './stages.ts'

/** Returns SST's output after checking that it failed without registering an AWS resource. */
async function failure(stage: string, options: Options): Promise<string> {
  const { code, output, graph } = await sst(['diff', '--stage', stage], options)
  expect(code).not.toBe(0)
  const registered = graph?.resources.filter(({ custom, type }) => custom && type.startsWith('aws:')) ?? []
  expect(registered.map(({ name }) => name)).toEqual([])
  return output
}

/** Mistakes that need the whole CLI. The other invalid settings are in settings.test.ts. */
describe('sst diff fails before it registers a resource', () => {
  it('for production without a domain, and names the setting', async () => {
    const env = { ...STAGES.production.env, WARM_PODS_DOMAIN: '' }
    expect(await failure('production', { env })).toContain('WARM_PODS_DOMAIN is missing')
  })

  it('for an unknown region', async () => {
    expect(await failure('ada', { env: { WARM_PODS_REGION: 'eu-centrall-1' } })).toContain(
      'WARM_PODS_REGION must be a region such as eu-central-1, not "eu-centrall-1"',
    )
  })

  it('for a shared cluster that does not exist, and names the region', async () => {
    const env = { ...STAGES.shared.env, WARM_PODS_CLUSTER: 'nowhere' }
    expect(await failure('ada', { env })).toContain(
      'EKS returned no cluster "nowhere" in eu-central-1. Set WARM_PODS_CLUSTER',
    )
  })

  it('for a hosted zone that does not exist, and one without the domain', async () => {
    const zone = { ...STAGES.asleep.env, WARM_PODS_ZONE_ID: 'Z0NOWHERE' }
    expect(await failure('production', { env: zone })).toContain(
      'Set WARM_PODS_ZONE_ID to a zone of this account',
    )
    const domain = { ...STAGES.asleep.env, WARM_PODS_DOMAIN: 'pods.example.org' }
    expect(await failure('production', { env: domain })).toContain('WARM_PODS_DOMAIN must be example.com')
  })

  it('for an image that is not in the registry, or whose registry does not exist yet', async () => {
    const { env } = STAGES.production
    expect(await failure('production', { env, registry: 'empty' })).toContain(
      'WARM_PODS_IMAGE_TAG is "0123abc", and the registry warm-pods-production-pod has no image with that tag.',
    )
    expect(await failure('production', { env, registry: 'missing' })).toContain(
      'WARM_PODS_IMAGE_TAG is "0123abc", and the registry warm-pods-production-pod does not exist yet.',
    )
  })

  it('for a region without EKS Auto Mode, an unknown setting, and a stage name with other characters', async () => {
    const region = { ...STAGES.production.env, WARM_PODS_REGION: 'mx-central-1' }
    expect(await failure('production', { env: region })).toContain(
      'WARM_PODS_REGION must be a region with EKS Auto Mode',
    )
    const unknown = { WARM_PODS_DOMIAN: 'pods.example.com' }
    expect(await failure('ada', { env: unknown })).toContain('WARM_PODS_DOMIAN is not a setting')
    expect(await failure('Ada_L', {})).toContain('The stage name is invalid')
  })

  it('for expired credentials', async () => {
    expect(await failure('ada', { credentials: 'expired' })).toMatch(/expired/i)
  })

  it('without credentials', async () => {
    const env = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }
    expect(await failure('ada', { env })).toMatch(/credentials/i)
  })
})

describe('an account that has an OIDC provider for GitHub', () => {
  it('keeps it: GitHub’s roles trust it, and the stage creates none', async () => {
    const env = { ...STAGES.asleep.env, GITHUB_AUDIENCES: 'sts.amazonaws.com' }
    const { graph } = await sst(['diff', '--stage', 'production'], { env })
    const stage = new Stage('production', graph ?? expect.fail('SST evaluated nothing.'))
    expect(stage.all('OpenIdConnectProvider')).toEqual([])
    expect(stage.trust('GithubDeploy').flatMap(({ principals }) => principals)).toEqual([
      'Federated arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com',
    ])
  })
})

describe('stage parameters', () => {
  const owner = STAGES.production.env.WARM_PODS_ADMIN_ARN
  const env = { ...STAGES.production.env, WARM_PODS_IMAGE_TAG: '', WARM_PODS_ADMIN_ARN: '' }

  it('supply image tag and administrator to a deploy that wakes the stage without them', async () => {
    const STORED_PARAMETERS = JSON.stringify({ power: 'asleep', 'image-tag': 'feed123', 'admin-arn': owner })
    const awake = { ...env, STORED_PARAMETERS, WARM_PODS_POWER: 'awake' }
    const { graph } = await sst(['diff', '--stage', 'production'], { env: awake })
    expect(graph?.outputs['power']).toBe('awake')
    expect(JSON.stringify(graph?.resources)).toContain(`warm-pods-production-pod:feed123@${POD_DIGEST}`)
    const entry = graph?.resources.find(({ name }) => name === 'OwnerAccess')
    expect(entry?.inputs['principalArn']).toBe(owner)
  })

  it('do not replace the settings of the first awake deploy', async () => {
    const output = await failure('production', { env })
    for (const name of ['WARM_PODS_IMAGE_TAG', 'WARM_PODS_ADMIN_ARN'])
      expect(output).toContain(`${name} is missing`)
  })
})
