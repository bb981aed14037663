import { load } from 'js-yaml'
import { expect, it } from 'vitest'
import { kubeconfig } from './kubeconfig.ts'

it('is YAML with one context: the cluster, its CA and the token', () => {
  const server = { endpoint: 'https://warm.example', ca: 'TU9DSw==' }
  // The fields of kubeconfig (v1): https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
  expect(load(kubeconfig('warm', server, 'k8s-aws-v1.abc'))).toEqual({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'warm',
        cluster: { server: 'https://warm.example', 'certificate-authority-data': 'TU9DSw==' },
      },
    ],
    users: [{ name: 'warm', user: { token: 'k8s-aws-v1.abc' } }],
    contexts: [{ name: 'warm', context: { cluster: 'warm', user: 'warm' } }],
    'current-context': 'warm',
  })
})
