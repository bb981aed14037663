import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { type Bundle, bundle, importMs } from './bundle.ts'

const KB = 1_000
/** What was measured when this was written; a change that doubles one of them is not an accident to overlook. */
const MEASURED = { entry: 100 * KB, atStart: 296 * KB, kubernetes: 1_750 * KB, zip: 1_050 * KB } as const
/** A visitor waits for the API's entry; nobody waits for refill's. */
const API_ENTRY = 100 * KB

const folder = join(inject('graphs'), 'bundles')
const FUNCTIONS = ['Api', 'Refill'] as const

describe('what a cold start reads', () => {
  it('the API: an entry of at most 100 KB', () => {
    expect(bundle(folder, 'Api').entry).toBeLessThanOrEqual(API_ENTRY)
  })

  it.each(FUNCTIONS)('%s: nothing is twice as large as it was', (fn) => {
    const b = bundle(folder, fn)
    print(fn, b)
    for (const part of ['entry', 'atStart', 'kubernetes', 'zip'] as const)
      expect(b[part], part).toBeLessThan(2 * MEASURED[part])
  })

  it.each(FUNCTIONS)('%s: the Kubernetes client waits in a chunk of its own', (fn) => {
    const { kubernetes, packages, packagesAtStart } = bundle(folder, fn)
    expect(kubernetes).toBeGreaterThan(0)
    for (const name of ['@kubernetes/client-node', 'undici']) {
      expect(packages).toContain(name)
      expect(packagesAtStart).not.toContain(name)
    }
  })

  it.each(FUNCTIONS)('%s: no AWS SDK of version 2, no client for one call, nothing in two versions', (fn) => {
    const { packages } = bundle(folder, fn)
    expect(packages).not.toContain('aws-sdk')
    expect(packages.filter((name) => /^@aws-sdk\/(client-|s3-)/.test(name))).toEqual([
      '@aws-sdk/client-dynamodb',
    ])
    expect(packages.filter((name) => name.includes('node_modules/'))).toEqual([])
  })
})

function print(fn: string, { entry, atStart, kubernetes, zip }: Bundle): void {
  const kb = (bytes: number): string => `${Math.round(bytes / KB)} KB`
  console.log(
    `${fn}: entry ${kb(entry)}, read at start ${kb(atStart)} in ${importMs(folder, fn)} ms of CPU, ` +
      `Kubernetes chunk ${kb(kubernetes)}, zip ${kb(zip)}`,
  )
}
