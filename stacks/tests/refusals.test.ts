import { describe, expect, it } from 'vitest'
import { type Options, sst } from './offline/sst.ts'
import { STAGES } from './stages.ts'

async function refusal(stage: string, options: Options): Promise<string> {
  const { code, output, graph } = await sst(['diff', '--stage', stage], options)
  expect(code).not.toBe(0)
  const made = graph?.resources.filter((r) => r.custom && r.type.startsWith('aws:')) ?? []
  expect(made.map((r) => r.name)).toEqual([])
  return output
}

/** The mistakes that only the whole tool can show; the rest of what settings refuse is in settings.test.ts. */
describe('sst diff refuses, before anything is made', () => {
  it('production without a domain, and names the setting', async () => {
    const env = { ...STAGES.production.env, WARM_PODS_DOMAIN: '' }
    expect(await refusal('production', { env })).toContain('WARM_PODS_DOMAIN is missing')
  })

  it('a region that is none, though it is spelt like one', async () => {
    expect(await refusal('ada', { env: { WARM_PODS_REGION: 'eu-centrall-1' } })).toContain(
      'WARM_PODS_REGION must be a region such as eu-central-1, not "eu-centrall-1"',
    )
  })

  it('a cluster that does not exist, and says where it was looked for', async () => {
    const env = { ...STAGES.shared.env, WARM_PODS_CLUSTER: 'nowhere' }
    expect(await refusal('ada', { env })).toContain(
      'WARM_PODS_CLUSTER names "nowhere", and there is no such cluster in eu-central-1',
    )
  })

  it('credentials that have expired', async () => {
    expect(await refusal('ada', { mood: 'expired' })).toMatch(/expired/i)
  })

  it('no credentials at all', async () => {
    const env = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }
    expect(await refusal('ada', { env })).toMatch(/credentials/i)
  })
})

describe('what a deploy was told last', () => {
  const KEPT = JSON.stringify({ power: 'asleep', 'image-tag': 'feed123' })
  const { WARM_PODS_IMAGE_TAG: _, ...env } = STAGES.production.env

  it('a deploy that says nothing leaves a sleeping stage asleep', async () => {
    const { graph } = await sst(['diff', '--stage', 'production'], { env: { ...env, KEPT } })
    expect(graph?.outputs['power']).toBe('asleep')
  })

  it('a stage is woken by being told, on the image that it had', async () => {
    const woken = { ...env, KEPT, WARM_PODS_POWER: 'awake' }
    const { graph } = await sst(['diff', '--stage', 'production'], { env: woken })
    expect(graph?.outputs['power']).toBe('awake')
    expect(JSON.stringify(graph?.resources)).toContain('warm-pods-production-pod:feed123')
  })

  it('a first deploy that names no image is refused', async () => {
    expect(await refusal('production', { env })).toContain('WARM_PODS_IMAGE_TAG is missing')
  })
})
