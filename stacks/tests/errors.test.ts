import { describe, expect, it } from 'vitest'
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
  const STORED_PARAMETERS = JSON.stringify({ power: 'asleep', 'image-tag': 'feed123' })
  const { WARM_PODS_IMAGE_TAG: _, ...env } = STAGES.production.env

  it('keep an asleep stage asleep when WARM_PODS_POWER is unset', async () => {
    const { graph } = await sst(['diff', '--stage', 'production'], { env: { ...env, STORED_PARAMETERS } })
    expect(graph?.outputs['power']).toBe('asleep')
  })

  it('supply the image tag when WARM_PODS_POWER wakes the stage', async () => {
    const awake = { ...env, STORED_PARAMETERS, WARM_PODS_POWER: 'awake' }
    const { graph } = await sst(['diff', '--stage', 'production'], { env: awake })
    expect(graph?.outputs['power']).toBe('awake')
    expect(JSON.stringify(graph?.resources)).toContain('warm-pods-production-pod:feed123')
  })

  it('do not replace WARM_PODS_IMAGE_TAG on the first deploy', async () => {
    expect(await failure('production', { env })).toContain('WARM_PODS_IMAGE_TAG is missing')
  })
})
