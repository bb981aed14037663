import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { type Bundle, bundle, entryModules, importMs } from './bundle.ts'
import { HAS_CLUSTER, STAGES, type StageName } from './stages.ts'

const KB = 1_000
/** Bytes measured when the test was written. A change that doubles one of them fails. */
const MEASURED = { entry: 100 * KB, atStart: 301 * KB, kubernetes: 1_806 * KB, zip: 1_050 * KB } as const
/** Bytes. A visitor waits for the API's entry on a cold start; no visitor waits for refill's. */
const API_ENTRY = 100 * KB

const bundlesOf = (stage: StageName): string => join(inject('graphs'), 'bundles', stage)
const folder = bundlesOf('production')
const FUNCTIONS = ['Api', 'Refill'] as const

describe('Lambda bundles', () => {
  it(`the API’s entry has at most ${API_ENTRY / KB} KB`, () => {
    expect(bundle(folder, 'Api').entry).toBeLessThanOrEqual(API_ENTRY)
  })

  it('the API has the asleep handler exactly in stages without a cluster', () => {
    for (const stage of Object.keys(STAGES) as StageName[]) {
      const hasCluster = HAS_CLUSTER[stage]
      const modules = entryModules(bundlesOf(stage), 'Api')
      expect(modules.includes('api/lambda.ts'), stage).toBe(hasCluster)
      expect(modules.includes('api/asleep-handler.ts'), stage).toBe(!hasCluster)
    }
  })

  it.each(FUNCTIONS)('%s: no part is twice as large as measured', (fn) => {
    const measured = bundle(folder, fn)
    print(fn, measured)
    for (const part of ['entry', 'atStart', 'kubernetes', 'zip'] as const)
      expect(measured[part], part).toBeLessThan(2 * MEASURED[part])
  })

  it.each(FUNCTIONS)('%s: a cold start does not read the clients of Kubernetes and EKS', (fn) => {
    const { kubernetes, packages, packagesAtStart } = bundle(folder, fn)
    expect(kubernetes).toBeGreaterThan(0)
    for (const name of ['@kubernetes/client-node', 'undici', '@aws-sdk/client-eks']) {
      expect(packages).toContain(name)
      expect(packagesAtStart).not.toContain(name)
    }
  })

  it.each(FUNCTIONS)(
    '%s: has only the AWS clients of DynamoDB and EKS, no AWS SDK 2, and no package in two versions',
    (fn) => {
      const { packages } = bundle(folder, fn)
      expect(packages).not.toContain('aws-sdk')
      expect(packages.filter((name) => /^@aws-sdk\/(client-|s3-)/.test(name))).toEqual([
        '@aws-sdk/client-dynamodb',
        '@aws-sdk/client-eks',
      ])
      expect(packages.filter((name) => name.includes('node_modules/'))).toEqual([])
    },
  )
})

function print(fn: string, { entry, atStart, kubernetes, zip }: Bundle): void {
  const kb = (bytes: number): string => `${Math.round(bytes / KB)} KB`
  console.log(
    `${fn}: entry ${kb(entry)}, read at start ${kb(atStart)} in ${importMs(folder, fn)} ms of CPU, ` +
      `Kubernetes chunk ${kb(kubernetes)}, zip ${kb(zip)}`,
  )
}
