// One contract, checked on our own engine, or on the cluster that KUBERNETES_URL names (see `_target.ts`).

import { afterAll, beforeAll, describe } from 'vitest'
import { type Client, createClient } from './_client.ts'
import { openTarget, type Target } from './_target.ts'
import { apiContract } from './contract-api.ts'
import { deletingContract } from './contract-deleting.ts'
import { healingContract } from './contract-healing.ts'
import { quotaContract } from './contract-quota.ts'
import { watchingContract } from './contract-watching.ts'

const PARTS = {
  'a Job heals': healingContract,
  'deleting works': deletingContract,
  'the API answers': apiContract,
  'a quota limits': quotaContract,
  'a watch tells': watchingContract,
}

let target: Target | undefined
beforeAll(async () => {
  target = await openTarget()
})
afterAll(() => target?.[Symbol.asyncDispose]())

for (const [title, contract] of Object.entries(PARTS))
  describe(title, { timeout: 120_000 }, () => {
    let client: Client | undefined
    const open = (): Client => {
      if (!client) throw new Error('Expected the namespace of these tests to be made before them')
      return client
    }
    beforeAll(async () => {
      if (!target) throw new Error('Expected a cluster before the tests')
      const name = `contract-${process.pid}-${title.replaceAll(' ', '-').toLowerCase()}`
      client = createClient(target, name)
      await client.call('POST', '/api/v1/namespaces', { body: { metadata: { name } } })
      await client.until('the namespace to be usable', async () =>
        (
          await open().call('POST', `${open().paths.pods}?dryRun=All`, {
            body: { metadata: { name: 'probe' }, spec: open().manifest('probe').spec.template.spec },
          })
        ).status === 201
          ? true
          : undefined,
      )
    })
    afterAll(async () => {
      await client?.call('DELETE', `/api/v1/namespaces/${client.namespace}`)
    })
    contract(open)
  })
