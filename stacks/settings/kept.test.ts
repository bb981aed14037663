import { describe, expect, it } from 'vitest'
import { keptSettings } from './kept.ts'
import { parseSettings } from './settings.ts'

const PRODUCTION = {
  WARM_PODS_DOMAIN: 'pods.example.com',
  WARM_PODS_ZONE_ID: 'Z0EXAMPLE',
  WARM_PODS_SITE_ORIGIN: 'https://owner.github.io',
  WARM_PODS_ALARM_EMAIL: 'owner@example.com',
  WARM_PODS_REPOSITORY: 'owner@1001/warm-pods@2002',
}

/** Resolves production's settings after a deploy that stored these parameters. */
function kept(env: Record<string, string>, stored: Record<string, string> = {}, accountHasProvider = false) {
  return keptSettings(
    parseSettings('production', { ...PRODUCTION, ...env }),
    (name) => stored[name],
    async () => accountHasProvider,
  )
}

describe('the OIDC provider of GitHub', () => {
  const asleep = { WARM_PODS_POWER: 'asleep' }
  const kindOf = async (stored: Record<string, string>, accountHasProvider: boolean) =>
    (await kept(asleep, stored, accountHasProvider)).githubProvider

  it('is used if the account has it at the first deploy, and created otherwise', async () => {
    expect(await kindOf({}, true)).toBe('existing')
    expect(await kindOf({}, false)).toBe('created')
  })

  it('stays what the last deploy stored, whether the look-up would find one or not', async () => {
    for (const found of [true, false]) {
      expect(await kindOf({ power: 'asleep', 'github-provider': 'existing' }, found)).toBe('existing')
      expect(await kindOf({ power: 'asleep', 'github-provider': 'created' }, found)).toBe('created')
    }
  })

  it('is the stage’s own after a first deploy that ended before it stored its power', async () => {
    expect(await kindOf({ 'github-provider': 'created' }, true)).toBe('created')
  })

  it('is the stage’s own if a version that stored no kind deployed the stage', async () => {
    expect(await kindOf({ power: 'awake' }, true)).toBe('created')
  })

  it('is not looked for by a personal stage', async () => {
    const lookUp = () => Promise.reject(new Error('looked up'))
    const personal = await keptSettings(parseSettings('ada', {}), () => undefined, lookUp)
    expect(personal.githubProvider).toBeUndefined()
  })
})
