import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseSettings, repositoryName, VARIABLES } from './settings.ts'

const PRODUCTION = {
  WARM_PODS_DOMAIN: 'pods.example.com',
  WARM_PODS_ZONE_ID: 'Z0EXAMPLE',
  WARM_PODS_SITE_ORIGIN: 'https://owner.github.io',
  WARM_PODS_ALARM_EMAIL: 'owner@example.com',
  WARM_PODS_REPOSITORY: 'owner/warm-pods',
}
const SHARED = {
  WARM_PODS_CLUSTER: 'team',
  WARM_PODS_GATEWAY_URL: 'wss://gateway.example.com',
  WARM_PODS_IMAGE: 'registry.example.com/pod:1',
}

describe(parseSettings, () => {
  it('accepts production with its required settings, and a personal stage with none', () => {
    expect(parseSettings('production', PRODUCTION)).toMatchObject({
      cluster: { kind: 'own' },
      namespace: 'warm-pods',
    })
    expect(parseSettings('ada', {})).toMatchObject({
      cluster: { kind: 'none' },
      namespace: 'warm-pods-ada',
      alarms: undefined,
    })
    expect(parseSettings('ada', SHARED)).toMatchObject({ cluster: { kind: 'shared', name: 'team' } })
  })

  it.each(['owner/warm-pods', 'owner@1001/warm-pods@2002'])('accepts the repository %s', (repository) => {
    const settings = parseSettings('production', { ...PRODUCTION, WARM_PODS_REPOSITORY: repository })
    expect(settings.repository).toBe(repository)
  })

  it.each(['', 'warm-pods'])('prints the command for the repository’s ids when it is "%s"', (repository) => {
    expect(() => parseSettings('production', { ...PRODUCTION, WARM_PODS_REPOSITORY: repository })).toThrow(
      'gh api repos/OWNER/NAME --jq \'"\\(.owner.login)@\\(.owner.id)/\\(.name)@\\(.id)"\'',
    )
  })

  it('creates no NAT gateway unless WARM_PODS_NAT is managed', () => {
    expect(parseSettings('production', PRODUCTION).nat).toBe('none')
    expect(parseSettings('production', { ...PRODUCTION, WARM_PODS_NAT: 'managed' }).nat).toBe('managed')
  })

  it('has no monitoring unless WARM_PODS_MONITORING lists some, in any order', () => {
    const monitoringOf = (list: string, env: object = PRODUCTION, stage = 'production') =>
      parseSettings(stage, { ...env, WARM_PODS_MONITORING: list }).monitoring
    expect([monitoringOf(''), monitoringOf('none')]).toEqual([[], []])
    expect(monitoringOf('logs,prometheus,logs')).toEqual(['prometheus', 'logs'])
    expect(monitoringOf('prometheus,datadog', SHARED, 'ada')).toEqual(['prometheus', 'datadog'])
  })

  it('refuses monitoring that a personal stage cannot have', () => {
    expect(() => parseSettings('ada', { WARM_PODS_MONITORING: 'prometheus' })).toThrow(
      'WARM_PODS_MONITORING is for a stage with a cluster',
    )
    expect(() => parseSettings('ada', { ...SHARED, WARM_PODS_MONITORING: 'prometheus,logs' })).toThrow(
      'WARM_PODS_MONITORING=logs is for production only',
    )
  })

  it('names the repository without its ids', () => {
    const settings = parseSettings('production', {
      ...PRODUCTION,
      WARM_PODS_REPOSITORY: 'owner@1/warm-pods@2',
    })
    expect(repositoryName(settings)).toBe('owner/warm-pods')
  })

  it.each(Object.keys(PRODUCTION) as (keyof typeof PRODUCTION)[])(
    'names %s when production is missing it, and says what to set',
    (name) => {
      expect(() => parseSettings('production', { ...PRODUCTION, [name]: ' ' })).toThrow(
        `${name} is missing; production needs it. Set it to: ${VARIABLES[name]}.`,
      )
    },
  )

  it.each(['WARM_PODS_GATEWAY_URL', 'WARM_PODS_IMAGE'])(
    'names %s when a shared cluster is missing it',
    (name) => {
      expect(() => parseSettings('ada', { ...SHARED, [name]: undefined })).toThrow(`${name} is missing`)
    },
  )

  it.each(['WARM_PODS_GATEWAY_URL', 'WARM_PODS_IMAGE'] as const)(
    'names %s when it is set without a shared cluster',
    (name) => {
      expect(() => parseSettings('ada', { [name]: SHARED[name] })).toThrow(
        `${name} is for a shared cluster only`,
      )
    },
  )

  it('names every mistake at once', () => {
    const wrong = { WARM_PODS_REGION: 'europe', WARM_PODS_POWER: 'off', WARM_PODS_CLUSTR: 'team' }
    expect(() => parseSettings('ada', wrong)).toThrow(/WARM_PODS_CLUSTR.*WARM_PODS_REGION.*WARM_PODS_POWER/)
  })

  it.each([
    ['WARM_PODS_REGION', 'eu-central'],
    ['WARM_PODS_REGION', 'eu-central-9'],
    ['WARM_PODS_REGION', 'cn-north-1'],
    ['WARM_PODS_POWER', 'on'],
    ['WARM_PODS_CLUSTER', 'arn:aws:eks:team'],
    ['WARM_PODS_GATEWAY_URL', 'https://gateway.example.com'],
    ['WARM_PODS_IMAGE', 'pod'],
    ['WARM_PODS_IMAGE_TAG', 'a b'],
    ['WARM_PODS_NAT', 'yes'],
    ['WARM_PODS_MONITORING', 'grafana'],
    ['WARM_PODS_MONITORING', 'prometheus;logs'],
    ['WARM_PODS_DOMAIN', 'https://example.com'],
    ['WARM_PODS_ZONE_ID', 'example.com'],
    ['WARM_PODS_SITE_ORIGIN', '*'],
    ['WARM_PODS_SITE_ORIGIN', 'https://owner.github.io/warm-pods'],
    ['WARM_PODS_ALARM_EMAIL', 'owner'],
    ['WARM_PODS_BUDGET_USD', '0'],
    ['WARM_PODS_ADMIN_ARN', 'me'],
    ['WARM_PODS_REPOSITORY', 'https://github.com/owner/warm-pods'],
    ['WARM_PODS_REPOSITORY', 'owner@1/warm-pods'],
    ['WARM_PODS_LIMITS', '{"target": "four"}'],
    ['WARM_PODS_LIMITS', '{"targets": 4}'],
    ['WARM_PODS_LIMITS', '{"startBudgetMs": 300000}'],
  ])('names %s when it is %s', (name, value) => {
    expect(() => parseSettings('ada', { [name]: value })).toThrow(name)
  })

  it.each(['ap-southeast-7', 'mx-central-1'])(
    'rejects %s for production, whose cluster needs EKS Auto Mode, and accepts it for a personal stage',
    (region) => {
      const env = { ...PRODUCTION, WARM_PODS_REGION: region }
      expect(() => parseSettings('production', env)).toThrow(
        `WARM_PODS_REGION must be a region with EKS Auto Mode, which production's cluster uses, not "${region}".`,
      )
      expect(parseSettings('ada', { WARM_PODS_REGION: region }).region).toBe(region)
    },
  )

  it.each([
    'prod',
    'staging',
    'Production',
    'a',
    'x'.repeat(21),
    'ada_l',
    'ada.l',
    'ada/l',
    'ada l',
    'ädä',
    '-ada',
  ])('rejects a stage called %s', (stage) => {
    expect(() => parseSettings(stage, PRODUCTION)).toThrow(/stage/i)
  })

  it('rejects a shared cluster for production', () => {
    expect(() => parseSettings('production', { ...PRODUCTION, WARM_PODS_CLUSTER: 'team' })).toThrow(
      'WARM_PODS_CLUSTER',
    )
  })

  it('leaves power undefined when WARM_PODS_POWER is unset', () => {
    expect(parseSettings('ada', {}).power).toBeUndefined()
    expect(parseSettings('ada', { WARM_PODS_POWER: 'asleep' }).power).toBe('asleep')
  })

  it('finds every setting in docs/operations.md', () => {
    const operations = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8')
    expect(Object.keys(VARIABLES).filter((name) => !operations.includes(`\`${name}\``))).toEqual([])
  })
})
