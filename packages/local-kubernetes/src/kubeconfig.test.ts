import { expect, it } from 'vitest'
import { kubeconfigFor } from './kubeconfig.ts'

it('writes a kubeconfig with the server and a namespace, without a secret', () => {
  const text = kubeconfigFor({ url: 'http://127.0.0.1:4401', context: 'warm-pods', namespace: 'warm-pods' })
  expect(text).toContain('server: "http://127.0.0.1:4401"')
  expect(text).toContain('current-context: "warm-pods"')
  expect(text).toContain('namespace: "warm-pods"')
  expect(text).not.toMatch(/token|password|key/)
})
