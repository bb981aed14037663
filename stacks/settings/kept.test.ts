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

const OWNER = 'arn:aws:iam::111122223333:role/owner'
const FIRST = { WARM_PODS_IMAGE_TAG: '0123abc', WARM_PODS_ADMIN_ARN: OWNER }

describe('power', () => {
  it('is the requested one, or else the stored one, or else awake', async () => {
    const stored = { power: 'asleep', 'image-tag': '0123abc', 'admin-arn': OWNER }
    expect((await kept({}, stored)).power).toBe('asleep')
    expect((await kept({ WARM_PODS_POWER: 'awake' }, stored)).power).toBe('awake')
    expect((await kept(FIRST)).power).toBe('awake')
  })
})

describe('image tag and administrator', () => {
  it.each([
    ['WARM_PODS_IMAGE_TAG', 'image-tag'],
    ['WARM_PODS_ADMIN_ARN', 'admin-arn'],
  ] as const)('%s is needed by the first awake deploy and kept afterwards', async (variable, parameter) => {
    await expect(kept({ ...FIRST, [variable]: '' })).rejects.toThrow(
      `${variable} is missing, and no earlier deploy has stored one.`,
    )
    const stored = { [parameter]: FIRST[variable] }
    // A workflow passes an empty value for a variable that the owner has not set.
    const { imageTag, adminArn } = await kept({ ...FIRST, [variable]: '' }, stored)
    expect({ imageTag, adminArn }).toEqual({ imageTag: '0123abc', adminArn: OWNER })
  })

  it('the first awake deploy names both if both are missing', async () => {
    await expect(kept({})).rejects.toThrow(/WARM_PODS_IMAGE_TAG.*WARM_PODS_ADMIN_ARN/)
  })

  it('a new value replaces the stored one', async () => {
    const other = 'arn:aws:iam::111122223333:user/other'
    const { adminArn } = await kept({ ...FIRST, WARM_PODS_ADMIN_ARN: other }, { 'admin-arn': OWNER })
    expect(adminArn).toBe(other)
  })

  it('neither is needed asleep', async () => {
    expect(await kept({ WARM_PODS_POWER: 'asleep' })).toMatchObject({ imageTag: '', adminArn: undefined })
  })
})

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
