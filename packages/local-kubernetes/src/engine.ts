/**
 * A small Kubernetes: one process that is API server, scheduler, Job controller and kubelet of one node. With it the
 * whole system runs on one machine with nothing installed, over the real protocol.
 */

import { once } from 'node:events'
import { createApiServer } from './apiserver/api-server.ts'
import { startGarbageCollector } from './controllers/garbage-collector.ts'
import { startJobController } from './controllers/job-controller.ts'
import { startNodeController } from './controllers/node-controller.ts'
import { createEventRecorder } from './event-recorder.ts'
import type { CommandOf } from './kubelet/container-runner.ts'
import { startKubelet } from './kubelet/kubelet.ts'
import { keepNodeRegistered } from './kubelet/node.ts'
import { type AddressPool, createAddressPool } from './kubelet/pod-addresses.ts'
import { createObject } from './registry/create-object.ts'
import { startScheduler } from './scheduler/scheduler.ts'
import { createStore } from './store.ts'

export interface KubernetesOptions {
  host: string
  /** 0 chooses a free port. */
  port: number
  nodeName: string
  zone: string
  region: string
  /** The version that the server and its node report, such as `v1.36.3`. */
  version: string
  /** Returns the local process of an image; undefined for an image that this node does not have. */
  command: CommandOf
  /**
   * First back-off of the Job controller and of a crashing container, ms; also the time until a deleted node is registered
   * again. Default 10,000, as in a real cluster; tests shorten it.
   */
  backOffBaseMs?: number
  /** Assigns the pods' addresses. Default: 127.88.0.0/16. */
  addresses?: AddressPool
  /** Closes the engine when aborted. */
  signal?: AbortSignal
}
export interface Kubernetes extends AsyncDisposable {
  /** `http://127.0.0.1:4401`. */
  url: string
  port: number
  /** Ends every pod's process and the server. Safe to call twice. */
  close(): Promise<void>
}

/** Time between SIGTERM and SIGKILL for the pods' processes when the engine closes. */
const CLOSE_GRACE_MS = 500

/**
 * Starts the engine. Its state is in memory and ends with it.
 * @throws the `listen` error, such as EADDRINUSE.
 */
export async function startKubernetes(options: KubernetesOptions): Promise<Kubernetes> {
  const { host, nodeName, zone, region, version, command, signal, backOffBaseMs = 10_000 } = options
  signal?.throwIfAborted()
  const store = createStore()
  const events = createEventRecorder(store)
  const addresses = options.addresses ?? createAddressPool()
  const node = { nodeName, zone, region, version, address: host }
  const registration = keepNodeRegistered(store, node, backOffBaseMs)
  for (const name of ['default', 'kube-system'])
    createObject(store, 'namespaces', undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })

  const kubelet = startKubelet({ store, events, nodeName, hostIp: host, addresses, command, backOffBaseMs })
  const server = createApiServer({ store, logs: kubelet.logs, host, port: options.port, version })
  const listening = once(server, 'listening')
  server.listen(options.port, host)
  await listening
  const controllers = [
    registration,
    startScheduler(store, events, nodeName),
    startJobController(store, events, backOffBaseMs),
    startGarbageCollector(store),
    startNodeController(store, events, nodeName),
  ]

  async function shutDown(): Promise<void> {
    for (const controller of controllers) controller.close()
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
