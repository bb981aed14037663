/**
 * Keeps the services of `npm start` running: each is a child process that is restarted when it exits. Packages such as
 * concurrently and execa do not end the children of a crashed service, or all services after a SIGKILL of the parent.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageWithCauses } from '@warm-pods/functions/lib/error-causes.ts'
import { lastLine } from './last-line.ts'
import { endGroups, signalGroup } from './process-groups.ts'
import type { Reaper } from './start-reaper.ts'

/** A program to keep running, in its own process group together with its children. */
export interface ServiceOptions<Ready> {
  /** As it is printed: "the database". */
  readonly name: string
  /** Absolute path of a program that calls `runService`. */
  readonly program: string
  /** Returns the settings for a start. `last` is the ready message of the previous start, so a service can keep its port. */
  readonly settings: (last: Ready | undefined) => unknown
  readonly env: Readonly<Record<string, string>>
  /** Flags of the service's Node process. */
  readonly nodeFlags?: readonly string[]
  /** The file that the service's output is appended to. */
  readonly log: string
  readonly reaper: Reaper
  /** Parses the ready message of the service. */
  readonly parse: (ready: unknown) => Ready
  readonly onChange: (change: ServiceChange) => void
  /** Once aborted, the service is not restarted. */
  readonly signal: AbortSignal
  readonly policy?: Partial<RestartPolicy>
}

/** Durations are milliseconds. */
export interface RestartPolicy {
  /** How long a start may take. */
  readonly readyWithinMs: number
  /** With more failures than this within the window, the service is given up. A failure is an exit or a start time-out. */
  readonly failuresAllowed: number
  readonly windowMs: number
  /** The back-off before the first restart. It doubles with each further one. */
  readonly backoffMs: number
}

export type ServiceChange =
  | { readonly kind: 'exited'; readonly name: string; readonly why: string }
  | { readonly kind: 'restarted'; readonly name: string; readonly afterMs: number }
  | { readonly kind: 'given up'; readonly name: string; readonly why: string; readonly log: string }

export interface SupervisedService<Ready> {
  /** The ready message of the first start. */
  readonly ready: Ready
  /** Sends SIGTERM, and SIGKILL after `graceMs`. Resolves when the process group has ended. */
  stop(graceMs: number): Promise<void>
}

/** A service was stopped before it was ready, or it failed too often. */
export class ServiceFailed extends Error {
  override name = 'ServiceFailed'
  /** How the service ended or that it was not ready in time, or the last error in its log. */
  readonly why: string

  constructor(service: string, problem: 'failed to start' | 'failed too often', why: string) {
    super(`${service} ${problem}: ${why}`)
    this.why = why
  }
}

const POLICY: RestartPolicy = { readyWithinMs: 30_000, failuresAllowed: 4, windowMs: 60_000, backoffMs: 100 }

/**
 * Starts a service and restarts it until it is stopped.
 * @throws ServiceFailed when the service fails more often than the policy allows before it is ready, or when the signal is
 * aborted first. Errors of `settings` and `parse`, and of opening the log, pass through.
 */
export async function superviseService<Ready>(
  options: ServiceOptions<Ready>,
): Promise<SupervisedService<Ready>> {
  const policy = { ...POLICY, ...options.policy }
  const { reaper, signal } = options
  const failures: number[] = []
  let service: LaunchedService | undefined
  let last: Ready | undefined
  let stopped = false
  const isStopping = () => stopped || signal.aborted

  async function launchUntilReady(): Promise<Ready> {
    for (;;) {
      if (isStopping()) throw new ServiceFailed(options.name, 'failed to start', 'it was stopped')
      const launched = launch(options, options.settings(last), policy.readyWithinMs)
      service = launched
      const result = await launched.ready
      if (result.ok) {
        last = options.parse(result.value)
        return last
      }
      endGroupOf(launched.child)
      await backOff(result.why)
    }
  }

  /** @throws ServiceFailed after too many failures. */
  async function backOff(why: string): Promise<void> {
    const now = performance.now()
    failures.push(now)
    const recent = failures.filter((failure) => failure > now - policy.windowMs).length
    if (recent > policy.failuresAllowed)
      throw new ServiceFailed(options.name, last === undefined ? 'failed to start' : 'failed too often', why)
    await sleep(policy.backoffMs * 2 ** (recent - 1))
  }

  /** A crashed service could not stop its own children, for example the pods of Kubernetes. */
  function endGroupOf(dead: ChildProcess): void {
    if (dead.pid === undefined) return
    signalGroup(dead.pid, 'SIGKILL')
    reaper.remove(dead.pid)
  }

  async function restartOnExit(): Promise<void> {
    while (service && !isStopping()) {
      const current = service
      const how = await exitOf(current.child)
      if (isStopping()) return
      endGroupOf(current.child)
      const error = current.reportedError()
      const why = error === undefined ? how : `${how}: ${error}`
      const exitedAt = performance.now()
      options.onChange({ kind: 'exited', name: options.name, why })
      try {
        await backOff(why)
        await launchUntilReady()
        options.onChange({ kind: 'restarted', name: options.name, afterMs: performance.now() - exitedAt })
      } catch (error) {
        if (isStopping()) return
        const reason = error instanceof ServiceFailed ? error.why : messageWithCauses(error)
        return options.onChange({ kind: 'given up', name: options.name, why: reason, log: options.log })
      }
    }
  }

  const ready = await launchUntilReady()
  const loop = restartOnExit()
  return {
    ready,
    async stop(graceMs) {
      stopped = true
      const pid = service?.child.pid
      if (pid !== undefined) {
        await endGroups([pid], graceMs)
        reaper.remove(pid)
      }
      await loop
    },
  }
}

type LaunchResult = { ok: true; value: unknown } | { ok: false; why: string }

interface LaunchedService {
  readonly child: ChildProcess
  readonly ready: Promise<LaunchResult>
  /** The error that the service sent before it exited. */
  reportedError(): string | undefined
}

function launch<Ready>(
  options: ServiceOptions<Ready>,
  settings: unknown,
  readyWithinMs: number,
): LaunchedService {
  const args = [...(options.nodeFlags ?? []), options.program, JSON.stringify(settings)]
  const log = openSync(options.log, 'a')
  const child = spawn(process.execPath, args, {
    detached: true,
    env: { ...options.env },
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  if (child.pid !== undefined) options.reaper.add(child.pid)
  const { promise, resolve } = Promise.withResolvers<LaunchResult>()
  const timer = setTimeout(
    () => resolve({ ok: false, why: `was not ready within ${readyWithinMs / 1_000} s` }),
    readyWithinMs,
  )
  let reported: string | undefined
  child.on('message', (message) => {
    if (typeof message !== 'object' || message === null) return
    if ('ready' in message) resolve({ ok: true, value: message.ready })
    if ('failed' in message) reported = String(message.failed)
  })
  exitOf(child).then((how) => resolve({ ok: false, why: reported ?? lastLine(options.log) ?? how }))
  const ready = promise.finally(() => clearTimeout(timer))
  return { child, ready, reportedError: () => reported }
}

/** Resolves with how a process ended, at once when it already has. */
function exitOf(child: ChildProcess): Promise<string> {
  const describe = (code: number | null, signal: NodeJS.Signals | null) =>
    signal ? `was killed (${signal})` : `exited with code ${code}`
  const { promise, resolve } = Promise.withResolvers<string>()
  if (child.exitCode !== null || child.signalCode !== null)
    resolve(describe(child.exitCode, child.signalCode))
  child.once('exit', (code, signal) => resolve(describe(code, signal)))
  child.once('error', (error) => resolve(error.message))
  return promise
}
