/** Runs one container of a pod: starts, probes, restarts (by the pod's restart policy) and stops it. */

import { timestamp } from '../rfc3339.ts'
import type { Container, Pod, ProbeSpec } from '../types.ts'
import { containerEnv, EnvError } from './container-env.ts'
import { type ContainerLogs, createContainerLogs } from './container-logs.ts'
import { startContainerProbes } from './container-probes.ts'
import { type ContainerProcess, type Exit, type Launch, startProcess } from './container-process.ts'
import { createCrashBackoff, goDuration } from './crash-backoff.ts'
import { type Endpoint, podEndpoint } from './pod-addresses.ts'
import type { ContainerFacts } from './pod-status.ts'

/** Returns the local process of an image; undefined when the node has no such image. */
export type CommandOf = (request: {
  pod: Pod
  container: Container
  env: Readonly<Record<string, string>>
  /**
   * The address and port at which the pod is reachable. It differs from the pod's address if loopback has only one
   * address.
   */
  endpoint: Endpoint | undefined
}) => Launch | undefined

export interface RunnerContext {
  pod: Pod
  container: Container
  command: CommandOf
  /** First delay before a crashed container starts again: 10,000 ms in a real cluster. */
  backOffBaseMs: number
  /** Called when the facts have changed: write the status. */
  changed(): void
  event(type: 'Normal' | 'Warning', reason: string, message: string): void
}

export interface ContainerRunner {
  facts: ContainerFacts
  start(): void
  /**
   * Stops the container without a restart: SIGTERM, then SIGKILL after `graceMs`. Only the first call counts. A real
   * kubelet on containerd does not shorten a grace period after a later DELETE either.
   */
  stop(graceMs: number): void
  /** The same, but a shorter grace period counts too: used when the engine closes. */
  end(graceMs: number): void
  /** Takes a changed image, and stops the process of the old one. The restart policy decides about a restart. */
  redefine(next: Container): void
  /** Whether the container has no process and will not start again. */
  over(): boolean
  logs(previous: boolean): ContainerLogs | undefined
  exited(): Promise<void>
}

const MAX_PULL_FACTOR = 30

/** Creates a runner; `start` starts the container. */
export function createContainerRunner(context: RunnerContext): ContainerRunner {
  const { pod, changed, event, backOffBaseMs } = context
  let { container } = context
  const { restartPolicy } = pod.spec
  const { podIP: podIp = '' } = pod.status
  const backoff = createCrashBackoff(backOffBaseMs)
  const facts = createdFacts(container)
  let process: ContainerProcess | undefined
  let logs: ContainerLogs | undefined
  let previousLogs: ContainerLogs | undefined
  let stopProbes = (): void => {}
  let stopping = false
  let redefined = false
  let ended = false
  let retry: NodeJS.Timeout | undefined

  function wait(reason: string, message: string): void {
    facts.state = { waiting: { reason, message } }
    changed()
  }

  function later(ms: number, action: () => void): void {
    clearTimeout(retry)
    retry = setTimeout(action, ms)
  }

  /** Starts the container if its image and its environment are available. `pulls` counts the failed image pulls. */
  function start(pulls = 0): void {
    if (stopping) return
    try {
      const env = containerEnv(pod, container)
      const launch = context.command({ pod, container, env, endpoint: podEndpoint(podIp) })
      if (launch) run(launch, env)
      else pullInVain(pulls)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      event('Warning', 'Failed', `Error: ${message}`)
      wait(error instanceof EnvError ? 'CreateContainerConfigError' : 'CreateContainerError', message)
    }
  }

  function pullInVain(pulls: number): void {
    const { image } = container
    const why = `failed to pull and unpack image "${image}": this node has no such image`
    event('Normal', 'Pulling', `Pulling image "${image}"`)
    event('Warning', 'Failed', `Failed to pull image "${image}": ${why}`)
    event('Warning', 'Failed', 'Error: ErrImagePull')
    wait('ErrImagePull', why)
    later(backOffBaseMs / 5, () => {
      event('Normal', 'BackOff', `Back-off pulling image "${image}"`)
      event('Warning', 'Failed', 'Error: ImagePullBackOff')
      wait('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${why}`)
      later(backOffBaseMs * Math.min(2 ** pulls, MAX_PULL_FACTOR), () => start(pulls + 1))
    })
  }

  function run(launch: Launch, env: Record<string, string>): void {
    const { image } = container
    previousLogs = logs ?? previousLogs
    logs = createContainerLogs()
    event(
      'Normal',
      'Pulled',
      `Container image "${image}" already present on machine and can be accessed by the pod`,
    )
    event('Normal', 'Created', 'Container created')
    process = startProcess(launch, env, logs)
    backoff.started()
    facts.containerID = `process://${process.pid ?? 0}`
    facts.state = { running: { startedAt: timestamp() } }
    facts.started = !container.startupProbe
    facts.ready = facts.started && !container.readinessProbe
    if (process.pid !== undefined) event('Normal', 'Started', 'Container started')
    void process.exited.then(finished)
    stopProbes = startContainerProbes(container, podIp, {
      started() {
        facts.started = true
        facts.ready = !container.readinessProbe
        changed()
      },
      ready(isReady) {
        facts.ready = isReady
        changed()
      },
      mustStop: killFor,
      failed: (message) => event('Warning', 'Unhealthy', message),
    })
    changed()
  }

  function finished(exit: Exit): void {
    stopProbes()
    process = undefined
    const startedAt = facts.state.running?.startedAt ?? timestamp()
    const { containerID } = facts
    const last = { ...exit, startedAt, finishedAt: timestamp(), ...(containerID ? { containerID } : {}) }
    facts.state = { terminated: last }
    facts.ready = false
    facts.started = false
    const failed = exit.exitCode !== 0 || redefined
    const wanted = restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && failed)
    redefined = false
    ended = stopping || !wanted
    changed()
    if (!ended) restart(last)
  }

  function restart(last: NonNullable<ContainerFacts['state']['terminated']>): void {
    const waitMs = backoff.crashed()
    later(waitMs, () => {
      facts.restartCount += 1
      start()
    })
    facts.lastState = { terminated: last }
    if (waitMs === 0) return
    const { name, namespace, uid } = pod.metadata
    const whose = `${name}_${namespace}(${uid})`
    event('Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${whose}`)
    wait(
      'CrashLoopBackOff',
      `back-off ${goDuration(waitMs)} restarting failed container=${container.name} pod=${whose}`,
    )
  }

  function killFor(probe: string, spec: ProbeSpec): void {
    const again = `Container ${container.name} failed ${probe} probe, will be restarted`
    // Without restarts the kubelet stops the whole pod and uses the message of any other stop.
    event('Normal', 'Killing', restartPolicy === 'Never' ? `Stopping container ${container.name}` : again)
    process?.stop(killGraceMs(spec.terminationGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds))
  }

  function redefine(next: Container): void {
    if (stopping || next.image === container.image) return
    container = next
    facts.image = next.image
    if (!process) return
    redefined = true
    event('Normal', 'Killing', `Container ${container.name} definition changed, will be restarted`)
    process.stop(killGraceMs(pod.spec.terminationGracePeriodSeconds))
  }

  function stop(graceMs: number): void {
    if (stopping) return
    stopping = true
    clearTimeout(retry)
    if (process) {
      event('Normal', 'Killing', `Stopping container ${container.name}`)
      process.stop(graceMs)
    } else if (!ended) {
      ended = true
      if (!facts.state.terminated) facts.state = { terminated: facts.lastState.terminated ?? NEVER_RAN }
      changed()
    }
  }

  return {
    facts,
    start,
    stop,
    redefine,
    end(graceMs) {
      stop(graceMs)
      process?.stop(graceMs)
    },
    over: () => ended,
    logs: (previous) => (previous ? previousLogs : logs),
    exited: async () => {
      await process?.exited
    },
  }
}

/** Returns the facts of a container that is not created yet. */
export function createdFacts({ name, image }: Container): ContainerFacts {
  const state = { waiting: { reason: 'ContainerCreating' } }
  return { name, image, state, lastState: {}, ready: false, started: false, restartCount: 0 }
}

/** The terminated state of a container that was stopped before it ran. */
const NEVER_RAN = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
  startedAt: null,
  finishedAt: null,
}

/**
 * Returns the ms between SIGTERM and SIGKILL. The minimum is two seconds (minimumGracePeriodInSeconds of the kubelet).
 */
export function killGraceMs(graceSeconds: number): number {
  return Math.max(2, graceSeconds) * 1000
}
