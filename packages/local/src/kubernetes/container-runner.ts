// One container of a pod through its lives: started, probed, restarted where the policy says so, stopped.

import { timestamp } from './clock.ts'
import { containerEnv, EnvError } from './container-env.ts'
import { type ContainerLogs, createContainerLogs } from './container-logs.ts'
import { type ContainerProcess, type Exit, type Launch, startProcess } from './container-process.ts'
import { type Endpoint, podEndpoint } from './pod-addresses.ts'
import type { ContainerFacts } from './pod-status.ts'
import { checkProbe, type PortLookup } from './probe-check.ts'
import { type ProbeLoop, startProbeLoop } from './probe-loop.ts'
import type { Container, Pod, ProbeSpec } from './types.ts'

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

const MAX_BACKOFF_FACTOR = 30

/** Prepares a container; `start` runs it. */
export function createContainerRunner(context: RunnerContext): ContainerRunner {
  const { pod, container, changed, event, backOffBaseMs } = context
  const { restartPolicy } = pod.spec
  const facts: ContainerFacts = {
    name: container.name,
    image: container.image,
    state: { waiting: { reason: 'ContainerCreating' } },
    lastState: {},
    ready: false,
    started: false,
    restartCount: 0,
  }
  let process: ContainerProcess | undefined
  let logs: ContainerLogs | undefined
  let previousLogs: ContainerLogs | undefined
  let probes: ProbeLoop[] = []
  let stopping = false
  let ended = false
  let crashes = 0
  let retry: NodeJS.Timeout | undefined
  const { podIP: podIp = '' } = pod.status

  const lookup: PortLookup = (wanted) => {
    const port =
      typeof wanted === 'number'
        ? wanted
        : container.ports?.find(({ name }) => name === wanted)?.containerPort
    const endpoint = port === undefined ? undefined : podEndpoint(podIp, port)
    if (port === undefined || !endpoint) throw new Error(`couldn't find port: ${wanted}`)
    return { port, endpoint }
  }

  function wait(reason: string, message: string): void {
    facts.state = { waiting: { reason, message } }
    changed()
  }

  function later(ms: number, action: () => void): void {
    clearTimeout(retry)
    retry = setTimeout(action, ms)
  }

  function pullAgain(tries: number): void {
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
      later(backOffBaseMs * Math.min(2 ** tries, MAX_BACKOFF_FACTOR), () => {
        const env = environment()
        const launch = env && context.command({ pod, container, env, endpoint: podEndpoint(podIp) })
        if (env && launch) run(launch, env)
        else pullAgain(tries + 1)
      })
    })
  }

  function environment(): Record<string, string> | undefined {
    try {
      return containerEnv(pod, container)
    } catch (error) {
      if (!(error instanceof EnvError)) throw error
      event('Warning', 'Failed', `Error: ${error.message}`)
      wait('CreateContainerConfigError', error.message)
      return undefined
    }
  }

  function start(): void {
    if (stopping) return
    const env = environment()
    if (!env) return
    const launch = context.command({ pod, container, env, endpoint: podEndpoint(podIp) })
    if (launch) run(launch, env)
    else pullAgain(0)
  }

  function run(launch: Launch, env: Record<string, string>): void {
    previousLogs = logs ?? previousLogs
    logs = createContainerLogs()
    event(
      'Normal',
      'Pulled',
      `Container image "${container.image}" already present on machine and can be accessed by the pod`,
    )
    event('Normal', 'Created', 'Container created')
    const current = startProcess(launch, env, logs)
    process = current
    facts.containerID = `process://${current.pid ?? 0}`
    facts.state = { running: { startedAt: timestamp() } }
    facts.started = !container.startupProbe
    facts.ready = facts.started && !container.readinessProbe
    if (current.pid !== undefined) event('Normal', 'Started', 'Container started')
    void current.exited.then((exit) => finished(exit))
    startProbes()
    changed()
  }

  function finished(exit: Exit): void {
    for (const probe of probes) probe.stop()
    probes = []
    process = undefined
    const startedAt = facts.state.running?.startedAt ?? timestamp()
    const { containerID } = facts
    facts.state = {
      terminated: { ...exit, startedAt, finishedAt: timestamp(), ...(containerID ? { containerID } : {}) },
    }
    facts.ready = false
    facts.started = false
    const again =
      !stopping && (restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exit.exitCode !== 0))
    ended = !again
    changed()
    if (again) restart()
  }

  /** The first crash is forgiven at once; from the second on the waits double. */
  function restart(): void {
    const begin = (): void => {
      facts.lastState = { terminated: facts.state.terminated ?? facts.lastState.terminated ?? neverRan() }
      facts.restartCount += 1
      start()
    }
    crashes += 1
    if (crashes === 1) {
      later(0, begin)
      return
    }
    const waitMs = backOffBaseMs * Math.min(2 ** (crashes - 2), MAX_BACKOFF_FACTOR)
    const who = `${container.name} in pod ${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`
    facts.lastState = { terminated: facts.state.terminated ?? neverRan() }
    event('Warning', 'BackOff', `Back-off restarting failed container ${who}`)
    const shown = who.replace(' in ', ' ')
    wait(
      'CrashLoopBackOff',
      `back-off ${goDuration(waitMs)} restarting failed container=${shown.replace(' pod ', ' pod=')}`,
    )
    later(waitMs, begin)
  }

  function startProbes(): void {
    const { startupProbe, readinessProbe, livenessProbe } = container
    if (!startupProbe) {
      watchReadiness(readinessProbe)
      watchLiveness(livenessProbe, 'liveness')
      return
    }
    const startup = loop(startupProbe, 'Startup', (passes) => {
      startup.stop()
      if (!passes) {
        killFor(startupProbe, 'startup')
        return
      }
      facts.started = true
      facts.ready = !readinessProbe
      changed()
      watchReadiness(readinessProbe)
      watchLiveness(livenessProbe, 'liveness')
    })
  }

  function loop(spec: ProbeSpec, name: string, onResult: (passes: boolean) => void): ProbeLoop {
    const check = () => checkProbe(spec, podIp, lookup)
    const started = startProbeLoop(spec, check, onResult, (message) =>
      event('Warning', 'Unhealthy', `${name} probe failed: ${message}`),
    )
    probes.push(started)
    return started
  }

  function watchReadiness(spec: ProbeSpec | undefined): void {
    if (spec)
      loop(spec, 'Readiness', (passes) => {
        facts.ready = passes
        changed()
      })
  }

  function watchLiveness(spec: ProbeSpec | undefined, name: string): void {
    if (spec) loop(spec, 'Liveness', (passes) => (passes ? undefined : killFor(spec, name)))
  }

  function killFor(spec: ProbeSpec, name: string): void {
    const end = `Container ${container.name} failed ${name} probe, will be restarted`
    // Where nothing is restarted the kubelet ends the whole pod, and says so as of any other end.
    event('Normal', 'Killing', restartPolicy === 'Never' ? `Stopping container ${container.name}` : end)
    process?.stop(killGraceMs(spec.terminationGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds))
  }

  return {
    facts,
    start,
    end(graceMs) {
      this.stop(graceMs)
      process?.stop(graceMs)
    },
    stop(graceMs) {
      if (stopping) return
      if (process) event('Normal', 'Killing', `Stopping container ${container.name}`)
      stopping = true
      clearTimeout(retry)
      if (process) process.stop(graceMs)
      else if (!ended) {
        ended = true
        if (!facts.state.terminated) facts.state = { terminated: facts.lastState.terminated ?? neverRan() }
        changed()
      }
    },
    over: () => ended,
    logs: (previous) => (previous ? previousLogs : logs),
    exited: async () => {
      await process?.exited
    },
  }
}

/** What is said of a container that was ended before it ran. */
function neverRan(): NonNullable<ContainerFacts['state']['terminated']> {
  return {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
    startedAt: null,
    finishedAt: null,
  }
}

/** Nobody gets less than two seconds between SIGTERM and SIGKILL (minimumGracePeriodInSeconds of the kubelet). */
export function killGraceMs(graceSeconds: number): number {
  return Math.max(2, graceSeconds) * 1000
}

/** `10s`, `1m20s`, as Go prints a duration. */
function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60
    ? `${ms < 1000 ? `${ms}ms` : `${seconds}s`}`
    : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
