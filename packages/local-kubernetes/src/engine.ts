// Our own small Kubernetes: one process that is API server, scheduler, Job controller and kubelet of one node. It exists
// so that the whole system runs on one machine with nothing installed, against the real protocol.

import { once } from 'node:events'
import { createApiServer } from './apiserver/api-server.ts'
import { createObject } from './apiserver/create-object.ts'
import { createEventRecorder } from './controllers/event-recorder.ts'
import { startGarbageCollector } from './controllers/garbage-collector.ts'
import { startJobController } from './controllers/job-controller.ts'
import { startScheduler } from './controllers/scheduler.ts'
import type { CommandOf } from './kubelet/container-runner.ts'
import { startKubelet } from './kubelet/kubelet.ts'
import { describeNode } from './kubelet/node.ts'
import { type AddressPool, createAddressPool } from './kubelet/pod-addresses.ts'
import { createStore } from './store.ts'

export type KubernetesOptions = {
  host: string
  /** 0 takes any free port. */
  port: number
  nodeName: string
  zone: string
  region: string
  /** What the server and its node call themselves, `v1.36.3`. */
  version: string
  /** What local process an image stands for; undefined for an image that this node does not have. */
  command: CommandOf
  /** First back-off of the Job controller and of a crashing container. 10,000 as in a real cluster; tests shorten it. */
  backOffBaseMs?: number
  /** Where pods get their addresses; by default 127.88.0.0/16. */
  addresses?: AddressPool
  /** Closes the engine when aborted. */
  signal?: AbortSignal
}
export type Kubernetes = AsyncDisposable & {
  /** `http://127.0.0.1:4401`. */
  url: string
  port: number
  /** Ends every pod's process and the server. Safe to call twice. */
  close(): Promise<void>
}

/** How long processes get on close between SIGTERM and SIGKILL. */
const CLOSE_GRACE_MS = 500

/** Starts the engine; rejects when it cannot listen (EADDRINUSE …). Its state lives as long as it does. */
export async function startKubernetes(options: KubernetesOptions): Promise<Kubernetes> {
  const { host, nodeName, zone, region, version, command, signal, backOffBaseMs = 10_000 } = options
  signal?.throwIfAborted()
  const store = createStore()
  const events = createEventRecorder(store)
  const addresses = options.addresses ?? createAddressPool()
  store.put('nodes', describeNode({ nodeName, zone, region, version, address: host }))
  for (const name of ['default', 'kube-system'])
    createObject(store, 'namespaces', undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })

  const kubelet = startKubelet({ store, events, nodeName, hostIp: host, addresses, command, backOffBaseMs })
  const server = createApiServer({ store, logs: kubelet.logs, host, port: options.port, version })
  const listening = once(server, 'listening')
  server.listen(options.port, host)
  await listening
  const parts = [
    startScheduler(store, events, nodeName),
    startJobController(store, events, backOffBaseMs),
    startGarbageCollector(store),
  ]

  async function shutDown(): Promise<void> {
    for (const part of parts) part.close()
    server.close()
    server.closeAllConnections()
    await kubelet.close(CLOSE_GRACE_MS)
    events.close()
  }
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= shutDown()
    return closing
  }
  signal?.addEventListener('abort', () => void close(), { once: true })

  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : options.port
  return { url: `http://${host}:${port}`, port, close, [Symbol.asyncDispose]: close }
}
