// One container is one process of this machine. It stays in the engine's process group, so that whoever ends that group
// ends the pods too, and it gets no environment but the one its manifest asks for.

import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { ContainerLogs } from './container-logs.ts'

/** What to run for an image. `env` comes on top of the container's own. */
export type Launch = { file: string; args: readonly string[]; env?: Record<string, string>; cwd?: string }
export type Exit = { exitCode: number; reason: 'Completed' | 'Error' | 'StartError'; message?: string }

export type ContainerProcess = {
  pid: number | undefined
  /** SIGTERM now, SIGKILL `graceMs` later; called again it can only shorten the wait. */
  stop(graceMs: number): void
  exited: Promise<Exit>
}

/** What a shell or a container runtime says of a death by signal: 128 and the signal's number. */
function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal ? constants.signals[signal] : 0)
}

/** The output after the exit is still in the pipes; a grandchild could hold them open for ever. */
const DRAIN_MS = 200

/** Starts the process; its output goes to `logs`. A program that cannot be started exits with 128 (StartError). */
export function startProcess(
  launch: Launch,
  env: Record<string, string>,
  logs: ContainerLogs,
): ContainerProcess {
  const child = spawn(launch.file, launch.args, {
    env: { ...env, ...launch.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(launch.cwd ? { cwd: launch.cwd } : {}),
  })
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (chunk: string) => logs.write(stream, chunk))
  child.once('close', () => logs.end())

  let killTimer: NodeJS.Timeout | undefined
  let killAt = Number.POSITIVE_INFINITY
  let over = false
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      over = true
      clearTimeout(killTimer)
      setTimeout(logs.end, DRAIN_MS)
      const exitCode = exitCodeOf(code, signal)
      resolve({ exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' })
    })
    child.once('error', (error) => {
      // Also a signal that could not be sent is reported here; only a start that failed ends the container.
      if (child.pid !== undefined) return
      over = true
      logs.end()
      resolve({ exitCode: 128, reason: 'StartError', message: error.message })
    })
  })

  return {
    pid: child.pid,
    exited,
    stop(graceMs) {
      if (over) return
      const at = performance.now() + graceMs
      if (killAt === Number.POSITIVE_INFINITY) child.kill('SIGTERM')
      if (at >= killAt) return
      killAt = at
      clearTimeout(killTimer)
      killTimer = setTimeout(() => child.kill('SIGKILL'), graceMs)
    },
  }
}
