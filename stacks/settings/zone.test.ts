import { describe, expect, it } from 'vitest'
import { zoneProblem } from './zone.ts'

describe(zoneProblem, () => {
  it.each([
    ['example.com', 'example.com'],
    ['pods.example.com', 'example.com.'],
    ['a.b.example.com', 'Example.com'],
  ])('accepts %s in the zone %s', (domain, zone) => {
    expect(zoneProblem(domain, 'Z0EXAMPLE', zone)).toBeUndefined()
  })

  it.each([
    ['example.org', 'example.com'],
    ['badexample.com', 'example.com'],
    ['example.com', 'pods.example.com'],
  ])('names both settings for %s in the zone %s', (domain, zone) => {
    const problem = zoneProblem(domain, 'Z0EXAMPLE', zone)
    expect(problem).toMatch(/WARM_PODS_DOMAIN must be .*WARM_PODS_ZONE_ID \(Z0EXAMPLE\)/)
    expect(problem).toContain(zone)
  })
})
