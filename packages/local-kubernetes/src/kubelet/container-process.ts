/**
 * One container is one process of this machine. It stays in the engine's process group, so that a signal to the group
 * ends the pods too. Its environment contains only the variables of its manifest.
 */

import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { timerDelay } from '../timer-delay.ts'
import type { ContainerLogs } from './container-logs.ts'

/** The command for an image. `env` is added to the container's environment. */
export interface Launch {
  file: string
  args: readonly string[]
  env?: Record<string, string>
  cwd?: string
}
export interface Exit {
  exitCode: number
  reason: 'Completed' | 'Error' | 'StartError'
  message?: string
}

export interface ContainerProcess {
  pid: number | undefined
  /** Sends SIGTERM now and SIGKILL `graceMs` later. Another call can only shorten the wait. */
  stop(graceMs: number): void
  exited: Promise<Exit>
}

/**
 * Returns the exit code. For an end by a signal it is 128 plus the signal's number, as in a shell or a container
 * runtime.
 */
function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal ? constants.signals[signal] : 0)
}

/** How long to wait after the exit for output in the pipes. A grandchild process could keep them open indefinitely. */
const DRAIN_MS = 200

/** Starts the process and writes its output to `logs`. A program that cannot be started exits with 128 (StartError). */
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
      // Node reports a failed kill() here too. Only a failed start ends the container.
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
      killTimer = setTimeout(() => child.kill('SIGKILL'), timerDelay(graceMs))
    },
  }
}
