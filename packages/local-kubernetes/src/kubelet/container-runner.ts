// One container of a pod through its lives: started, probed, restarted where the policy says so, stopped.

import { timestamp } from '../rfc3339.ts'
import type { Container, Pod, ProbeSpec } from '../types.ts'
import { containerEnv, EnvError } from './container-env.ts'
import { type ContainerLogs, createContainerLogs } from './container-logs.ts'
import { startContainerProbes } from './container-probes.ts'
import { type ContainerProcess, type Exit, type Launch, startProcess } from './container-process.ts'
import { createCrashBackoff, goDuration } from './crash-backoff.ts'
import { type Endpoint, podEndpoint } from './pod-addresses.ts'
import type { ContainerFacts } from './pod-status.ts'

/** What local process an image stands for; undefined when the node has no such image. */
export type CommandOf = (request: {
  pod: Pod
  container: Container
  env: Readonly<Record<string, string>>
  /** Where the pod's port is reached; differs from its address where loopback has only one. */
  endpoint: Endpoint | undefined
}) => Launch | undefined

export type RunnerContext = {
  pod: Pod
  container: Container
  command: CommandOf
  /** First wait before a crashed container starts again: 10,000 ms in a real cluster. */
  backOffBaseMs: number
  /** Facts have changed: write the status. */
  changed(): void
  event(type: 'Normal' | 'Warning', reason: string, message: string): void
}

export type ContainerRunner = {
  facts: ContainerFacts
  start(): void
  /**
   * Ends it for good: SIGTERM, then SIGKILL after `graceMs`. The first call decides: a real kubelet on containerd does
   * not shorten a grace that has begun either, whatever a later DELETE says.
   */
  stop(graceMs: number): void
  /** The same, but a shorter grace counts: the engine itself is closing. */
  end(graceMs: number): void
  /** No process, and none will come. */
  over(): boolean
  logs(previous: boolean): ContainerLogs | undefined
  exited(): Promise<void>
}

const MAX_PULL_FACTOR = 30

/** Prepares a container; `start` runs it. */
export function createContainerRunner(context: RunnerContext): ContainerRunner {
  const { pod, container, changed, event, backOffBaseMs } = context
  const { restartPolicy } = pod.spec
  const { podIP: podIp = '' } = pod.status
  const backoff = createCrashBackoff(backOffBaseMs)
  const facts = createdFacts(container)
  let process: ContainerProcess | undefined
  let logs: ContainerLogs | undefined
  let previousLogs: ContainerLogs | undefined
  let stopProbes = (): void => {}
  let stopping = false
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

  /** Runs the container if everything for it is there; `pulls` counts how often its image was asked for in vain. */
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
      doomed: killFor,
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
    const wanted = restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exit.exitCode !== 0)
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
    // Where nothing is restarted the kubelet ends the whole pod, and says so as of any other end.
    event('Normal', 'Killing', restartPolicy === 'Never' ? `Stopping container ${container.name}` : again)
    process?.stop(killGraceMs(spec.terminationGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds))
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

/** A container that is about to be made. */
export function createdFacts({ name, image }: Container): ContainerFacts {
  const state = { waiting: { reason: 'ContainerCreating' } }
  return { name, image, state, lastState: {}, ready: false, started: false, restartCount: 0 }
}

/** What is said of a container that was ended before it ran. */
const NEVER_RAN = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
  startedAt: null,
  finishedAt: null,
}

/** Nobody gets less than two seconds between SIGTERM and SIGKILL (minimumGracePeriodInSeconds of the kubelet). */
export function killGraceMs(graceSeconds: number): number {
  return Math.max(2, graceSeconds) * 1000
}
