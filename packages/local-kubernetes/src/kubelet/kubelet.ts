/** The kubelet of the one node: runs every pod that is bound to it as local processes, and writes the pods' status. */

import type { EventRecorder } from '../event-recorder.ts'
import { isFinished } from '../pod-predicates.ts'
import { deleteObject } from '../registry/delete-object.ts'
import { modify } from '../registry/update-object.ts'
import { timestamp } from '../rfc3339.ts'
import type { Store } from '../store.ts'
import { timerDelay } from '../timer-delay.ts'
import type { Pod } from '../types.ts'
import type { ContainerLogs } from './container-logs.ts'
import {
  type CommandOf,
  type ContainerRunner,
  createContainerRunner,
  createdFacts,
  killGraceMs,
} from './container-runner.ts'
import type { AddressPool } from './pod-addresses.ts'
import { type PodFacts, podStatus } from './pod-status.ts'

export interface KubeletOptions {
  store: Store
  events: EventRecorder
  nodeName: string
  hostIp: string
  addresses: AddressPool
  command: CommandOf
  backOffBaseMs: number
}
export interface Kubelet {
  /** Returns the log of a container; with `previous`, the log before its last restart. */
  logs(pod: Pod, container: string, previous: boolean): ContainerLogs | undefined
  /** Ends every process: SIGTERM, then SIGKILL after `graceMs`. Resolves when all have exited. */
  close(graceMs: number): Promise<void>
}

interface Running {
  facts: PodFacts
  runners: ContainerRunner[]
  pod: Pod
  stopGraceMs?: number
  removed: boolean
}

/** Starts the kubelet of `nodeName`. */
export function startKubelet(options: KubeletOptions): Kubelet {
  const { store, events, nodeName, hostIp, addresses } = options
  const running = new Map<string, Running>()
  let closed = false

  function write(entry: Running): void {
    if (entry.removed) return
    entry.facts = {
      ...entry.facts,
      // Without an address there are no runners yet. The containers then keep their initial facts.
      ...(entry.runners.length > 0 ? { containers: entry.runners.map(({ facts }) => facts) } : {}),
      ended: entry.runners.length > 0 && entry.runners.every((runner) => runner.over()),
    }
    if (entry.facts.ended) entry.facts.sandbox = false
    const now = modify(store, 'pods', entry.pod, (copy) => {
      copy.status = podStatus(copy, entry.facts)
    })
    if (now) entry.pod = now
    if (entry.facts.ended) setImmediate(removeIfDeleted, entry.pod)
  }

  /** Removes a deleted pod from the API once it has ended. */
  function removeIfDeleted({ metadata: { namespace, name, uid } }: Pod): void {
    const current = store.get('pods', namespace, name)
    if (current?.metadata.uid === uid && current.metadata.deletionTimestamp)
      deleteObject(store, 'pods', namespace, name, { gracePeriodSeconds: 0 })
  }

  async function begin(pod: Pod): Promise<void> {
    const facts: PodFacts = {
      startTime: timestamp(),
      hostIp,
      sandbox: false,
      ended: false,
      containers: pod.spec.containers.map(createdFacts),
    }
    const entry: Running = { facts, runners: [], pod, removed: false }
    running.set(pod.metadata.uid, entry)
    write(entry)
    const podIp = await addresses.next()
    entry.facts = { ...entry.facts, sandbox: true }
    write(entry)
    if (entry.removed) return
    entry.facts = { ...entry.facts, podIp }
    const withAddress = { ...entry.pod, status: { ...entry.pod.status, podIP: podIp, hostIP: hostIp } }
    entry.runners = pod.spec.containers.map((container) =>
      createContainerRunner({
        pod: withAddress,
        container,
        command: options.command,
        backOffBaseMs: options.backOffBaseMs,
        changed: () => write(entry),
        event: (type, reason, message) =>
          events.record({
            about: entry.pod,
            type,
            reason,
            message,
            component: 'kubelet',
            host: nodeName,
            fieldPath: `spec.containers{${container.name}}`,
          }),
      }),
    )
    if (entry.stopGraceMs !== undefined) stop(entry, entry.stopGraceMs)
    else for (const runner of entry.runners) runner.start()
    armDeadline(entry)
  }

  /** An error in a pod must not end the engine: record an event and retry. */
  function failed(pod: Pod, error: unknown): void {
    const message = `Failed to create pod sandbox: ${error instanceof Error ? error.message : String(error)}`
    events.record({
      about: pod,
      type: 'Warning',
      reason: 'FailedCreatePodSandBox',
      message,
      component: 'kubelet',
      host: nodeName,
    })
    running.delete(pod.metadata.uid)
    setTimeout(look, options.backOffBaseMs, pod).unref()
  }

  function armDeadline(entry: Running): void {
    const { activeDeadlineSeconds } = entry.pod.spec
    if (activeDeadlineSeconds === undefined) return
    const timer = setTimeout(
      () => {
        if (entry.facts.ended) return
        const message = 'Pod was active on the node longer than the specified deadline'
        entry.facts = { ...entry.facts, evicted: { reason: 'DeadlineExceeded', message } }
        events.record({
          about: entry.pod,
          type: 'Normal',
          reason: 'DeadlineExceeded',
          message,
          component: 'kubelet',
          host: nodeName,
        })
        stop(entry, killGraceMs(entry.pod.spec.terminationGracePeriodSeconds))
      },
      timerDelay(activeDeadlineSeconds * 1000),
    )
    timer.unref()
  }

  function stop(entry: Running, graceMs: number): void {
    entry.stopGraceMs ??= graceMs
    for (const runner of entry.runners) runner.stop(graceMs)
  }

  /** Passes changed images on, and reports the generation as observed. */
  function takeChanges(entry: Running): void {
    const { metadata, spec, status } = entry.pod
    if (entry.facts.ended || status.observedGeneration === metadata.generation) return
    for (const runner of entry.runners) {
      const container = spec.containers.find(({ name }) => name === runner.facts.name)
      if (container) runner.redefine(container)
    }
    write(entry)
  }

  function observe(pod: Pod): void {
    const entry = running.get(pod.metadata.uid)
    if (!entry) {
      if (pod.spec.nodeName !== nodeName) return
      if (pod.metadata.deletionTimestamp) removeIfDeleted(pod)
      else if (!isFinished(pod)) begin(pod).catch((error: unknown) => failed(pod, error))
      return
    }
    entry.pod = pod
    if (!pod.metadata.deletionTimestamp) {
      takeChanges(entry)
      return
    }
    if (entry.facts.ended) setImmediate(removeIfDeleted, entry.pod)
    else {
      stop(entry, killGraceMs(pod.metadata.deletionGracePeriodSeconds ?? 0))
      write(entry)
    }
  }

  function look({ metadata: { namespace, name, uid } }: Pod): void {
    if (closed) return
    const current = store.get('pods', namespace, name)
    if (current?.metadata.uid === uid) observe(current)
  }

  const unsubscribe = store.subscribe(({ type, resource, object }) => {
    if (resource !== 'pods') return
    // `resource` determines that it is a pod.
    const pod = object as Pod
    if (type !== 'DELETED') {
      // Asynchronous: the kubelet's write must follow the writes of other listeners to this change.
      setImmediate(look, pod)
      return
    }
    const entry = running.get(pod.metadata.uid)
    if (!entry) return
    // A forced removal: the object is removed, the process gets the minimum of two seconds.
    entry.removed = true
    stop(entry, killGraceMs(0))
    void Promise.all(entry.runners.map((runner) => runner.exited())).then(() =>
      running.delete(pod.metadata.uid),
    )
  })

  return {
    logs: (pod, container, previous) =>
      running
        .get(pod.metadata.uid)
        ?.runners.find(({ facts }) => facts.name === container)
        ?.logs(previous),
    async close(graceMs) {
      closed = true
      unsubscribe()
      for (const entry of running.values()) {
        entry.removed = true
        entry.stopGraceMs = graceMs
        for (const runner of entry.runners) runner.end(graceMs)
      }
      await Promise.all(
        [...running.values()].flatMap(({ runners }) => runners.map((runner) => runner.exited())),
      )
    },
  }
}
