/** The contract tests run against this engine, or against the cluster at KUBERNETES_URL (see `_target.ts`). */

import { afterAll, beforeAll, describe } from 'vitest'
import { type Client, createClient } from './_client.ts'
import { openTarget, type Target } from './_target.ts'

/**
 * Declares a part of the contract. `open` gives its tests a client of their own namespace. On a real cluster, with its
 * long back-off, the tests of a `concurrent` part run side by side.
 */
export function contract(
  title: string,
  { concurrent }: { concurrent: boolean },
  tests: (open: () => Client) => void,
): void {
  describe(title, {
    timeout: 240_000,
    concurrent: concurrent && process.env.KUBERNETES_URL !== undefined,
  }, () => {
    let target: Target | undefined
    let client: Client | undefined
    const open = (): Client => {
      if (!client) throw new Error('Expected the namespace of these tests to be made before them')
      return client
    }
    beforeAll(async () => {
      target = await openTarget()
      const name = `contract-${process.pid}-${title.replaceAll(' ', '-').toLowerCase()}`
      const made = createClient(target, name)
      await made.call('POST', '/api/v1/namespaces', { body: { metadata: { name } } })
      const { spec } = made.manifest('probe').spec.template
      await made.until('the namespace to be usable', async () => {
        const body = { metadata: { name: 'probe' }, spec }
        return (await made.call('POST', `${made.paths.pods}?dryRun=All`, { body })).status === 201
          ? true
          : undefined
      })
      client = made
    })
    afterAll(async () => {
      await client?.call('DELETE', `/api/v1/namespaces/${client.namespace}`)
      await target?.[Symbol.asyncDispose]()
    })
    tests(open)
  })
}
