import { LIMITS } from '@warm-pods/core/limits.ts'
import { describe, expect, it } from 'vitest'
import { readAsleepConfig, readConfig } from './config.ts'

const ENOUGH = {
  AWS_REGION: 'eu-west-1',
  POOL_TABLE: 'Pool',
  SESSIONS_TABLE: 'Sessions',
  REFILL_FUNCTION: 'refill',
  KUBERNETES_ENDPOINT: 'https://10.0.0.1:6443',
  CLUSTER_NAME: 'c',
  NAMESPACE: 'warm-pods',
  IMAGE: 'echo:1',
  SITE_ORIGIN: 'https://site.example',
}

describe(readConfig, () => {
  it('has defaults for missing optional variables', () => {
    expect(readConfig(ENOUGH)).toMatchObject({ limits: LIMITS, limitOverrides: {}, gatewayUrl: '' })
  })

  it('names all missing and malformed variables in one error', () => {
    expect(() =>
      readConfig({ ...ENOUGH, IMAGE: undefined, POOL_TABLE: '', DYNAMODB_ENDPOINT: 'here' }),
    ).toThrow(/POOL_TABLE .*DYNAMODB_ENDPOINT .*IMAGE /)
  })

  it('needs an endpoint of Kubernetes or the name of an EKS cluster', () => {
    expect(() => readConfig({ ...ENOUGH, KUBERNETES_ENDPOINT: undefined })).toThrow(
      'set KUBERNETES_ENDPOINT, or EKS_CLUSTER',
    )
    expect(readConfig({ ...ENOUGH, KUBERNETES_ENDPOINT: '', EKS_CLUSTER: 'warm' }).kubernetes).toEqual({
      endpoint: '',
      ca: '',
      token: '',
      eksCluster: 'warm',
    })
  })

  it('applies limit overrides, and refuses limits that contradict each other', () => {
    expect(readConfig({ ...ENOUGH, LIMITS: '{"cap":8}' })).toMatchObject({
      limits: { cap: 8, target: 4 },
      limitOverrides: { cap: 8 },
    })
    expect(() => readConfig({ ...ENOUGH, LIMITS: '{"cap":4}' })).toThrow('the cap holds the pool')
  })

  it.each(['["x"]', '"x"', '{"cap":"8"}', 'null'])('refuses LIMITS of %s', (limits) => {
    expect(() => readConfig({ ...ENOUGH, LIMITS: limits })).toThrow(
      'LIMITS must be a JSON object of numbers.',
    )
  })

  it('names LIMITS if it is not JSON or has an unknown limit', () => {
    expect(() => readConfig({ ...ENOUGH, LIMITS: '{cap:8}' })).toThrow(
      'LIMITS must be a JSON object of numbers.',
    )
    expect(() => readConfig({ ...ENOUGH, LIMITS: '{"cpa":8}' })).toThrow(
      'LIMITS names what is no limit: cpa.',
    )
  })
})

describe(readAsleepConfig, () => {
  it('requires only SITE_ORIGIN', () => {
    expect(readAsleepConfig({ SITE_ORIGIN: 'https://site.example', IMAGE: '' })).toEqual({
      siteOrigin: 'https://site.example',
    })
    expect(() => readAsleepConfig({ SITE_ORIGIN: '' })).toThrow('SITE_ORIGIN')
  })
})
