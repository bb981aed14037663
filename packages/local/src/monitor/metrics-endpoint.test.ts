import { podEndpoint } from '@warm-pods/local-kubernetes/kubelet/pod-addresses.ts'
import { expect, it } from 'vitest'
import { metricsEndpoint } from './metrics-endpoint.ts'

const PORT = 9464
const endpointOf = (ip: string, platform: NodeJS.Platform) => {
  const socket = podEndpoint(ip, 8080, platform)
  return socket && { socket, metrics: metricsEndpoint(socket, PORT) }
}

it('serves metrics on the port of the manifest if the pod has an address of its own', () => {
  expect(endpointOf('127.88.1.2', 'linux')?.metrics).toEqual({ host: '127.88.1.2', port: PORT })
})

it('gives pods that share 127.0.0.1 a port each, and none that another pod serves sockets on', () => {
  const ends = ['127.89.0.1', '127.89.0.2', '127.89.46.223', '127.89.46.224'].map((ip) =>
    endpointOf(ip, 'darwin'),
  )
  const sockets = new Set(ends.map((end) => end?.socket.port))
  const metrics = ends.map((end) => end?.metrics.port)
  expect(new Set(metrics).size).toBe(ends.length)
  for (const port of metrics) expect(sockets.has(port)).toBe(false)
})
