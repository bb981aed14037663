import { LIMITS } from '@warm-pods/core/limits.ts'
import { describe, expect, it } from 'vitest'
import { ConfigError, readConfig } from './config.ts'

const GOOD = {
  POD_KEY: 'k'.repeat(43),
  POD_NAME: 'warm-1-1-bcdfg-x2x4x',
  POD_UID: '5b4f27a6-6c11-4a54-9a3f-6f0f6f3c1f11',
  POD_IP: '10.88.0.7',
  NODE_NAME: 'node-1',
  IMAGE: 'warm-pods/pod:1',
}

function problemsOf(env: Record<string, string | undefined>): readonly string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

describe(readConfig, () => {
  it('needs six values and has defaults for the rest', () => {
    expect(readConfig(GOOD)).toEqual({
      key: GOOD.POD_KEY,
      name: GOOD.POD_NAME,
      uid: GOOD.POD_UID,
      ip: GOOD.POD_IP,
      port: 8080,
      node: 'node-1',
      zone: '',
      image: 'warm-pods/pod:1',
      limits: LIMITS,
    })
  })

  it('has a port for metrics only if METRICS_PORT has one', () => {
    expect(readConfig({ ...GOOD, METRICS_PORT: '9464' })).toMatchObject({ metricsPort: 9464 })
    expect(readConfig({ ...GOOD, METRICS_PORT: '' })).not.toHaveProperty('metricsPort')
  })

  it('overrides single limits and keeps the others', () => {
    const { limits } = readConfig({ ...GOOD, LIMITS: '{"socketIdleMs":50}' })
    expect(limits).toEqual({ ...LIMITS, socketIdleMs: 50 })
  })

  it('reports every missing value at once, one problem each', () => {
    const problems = problemsOf({})
    expect(problems).toHaveLength(Object.keys(GOOD).length)
    for (const name of Object.keys(GOOD))
      expect(problems.filter((problem) => problem.startsWith(`${name} is missing: expected `))).toHaveLength(
        1,
      )
  })

  it.each([
    ['POD_KEY', 'k'.repeat(42)],
    ['POD_KEY', `${'k'.repeat(42)}=`],
    ['POD_NAME', 'Not_A_Name'],
    ['POD_UID', 'a uid'],
    ['POD_IP', 'localhost'],
    ['POD_IP', '10.88.0.256'],
    ['POD_PORT', '65536'],
    ['POD_PORT', '08080'],
    ['POD_PORT', ''],
    ['METRICS_PORT', '65536'],
    ['METRICS_PORT', 'on'],
    ['NODE_NAME', ''],
    ['ZONE', 'a zone'],
    ['IMAGE', 'x\ny'],
    ['LIMITS', '{'],
    ['LIMITS', '[]'],
    ['LIMITS', 'null'],
    ['LIMITS', '{"socketIdle":1}'],
    ['LIMITS', '{"__proto__":1}'],
    ['LIMITS', '{"socketIdleMs":"1"}'],
    ['LIMITS', '{"socketIdleMs":-1}'],
    ['LIMITS', '{"socketIdleMs":1e999}'],
    ['LIMITS', '{"heartbeatMs":10}'],
  ])('reports %s=%j as malformed, without repeating the value', (name, value) => {
    const problems = problemsOf({ ...GOOD, [name]: value })
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name} is malformed: .*\\.$`))])
    if (value.length > 8) expect(problems[0]).not.toContain(value)
  })
})
