import { KubeConfig } from '@kubernetes/client-node'
import { expect, it } from 'vitest'
import { kubeconfig } from './kubeconfig.ts'

it('is read by a Kubernetes client as the cluster with its CA and the token', () => {
  const config = new KubeConfig()
  config.loadFromString(
    kubeconfig('warm', { endpoint: 'https://warm.example', ca: 'TU9DSw==' }, 'k8s-aws-v1.abc'),
  )
  expect(config.getCurrentCluster()).toMatchObject({
    name: 'warm',
    server: 'https://warm.example',
    caData: 'TU9DSw==',
    skipTLSVerify: false,
  })
  expect(config.getCurrentUser()).toMatchObject({ token: 'k8s-aws-v1.abc' })
})
