import { readConfig } from '@warm-pods/functions/config.ts'
import { expect, it } from 'vitest'
import { functionEnvironment, machineEnvironment } from './environment.ts'

const endpoints = {
  site: 'http://localhost:4400',
  kubernetes: 'http://127.0.0.1:4401',
  dynamodb: 'http://127.0.0.1:4402',
  lambda: 'http://127.0.0.1:50000',
}

it('sets every variable that the functions require', () => {
  const config = readConfig(functionEnvironment(endpoints, machineEnvironment({}, '/cache')))
  expect(config).toMatchObject({
    siteOrigin: endpoints.site,
    gatewayUrl: '',
    gatewayCheckUrl: endpoints.site,
    namespace: 'warm-pods',
  })
})

it('keeps the credentials of AWS accounts and clusters out of the services', () => {
  const machine = machineEnvironment(
    {
      PATH: '/bin',
      AWS_PROFILE: 'mine',
      AWS_SESSION_TOKEN: 'real',
      KUBECONFIG: '/home/ada/.kube/config',
      HTTP_PROXY: 'x',
    },
    '/cache',
  )
  expect(machine).toEqual({ PATH: '/bin', NODE_COMPILE_CACHE: '/cache' })
  expect(functionEnvironment(endpoints, machine)).toMatchObject({ AWS_ACCESS_KEY_ID: 'local' })
})
