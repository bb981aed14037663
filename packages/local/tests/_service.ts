/**
 * A service for tests, controlled by its settings. With `stubborn` it leaves a child behind that ignores SIGTERM, as
 * Kubernetes leaves a frozen pod. It writes its process id and the child's to the file `pids`.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { runService } from '../src/supervisor/run-service.ts'

interface Settings {
  readonly pids?: string
  readonly fail?: string
  /** An error that is thrown as soon as the service is ready. */
  readonly failLater?: string
  readonly silent?: boolean
  readonly stubborn?: boolean
  readonly port?: number
}

const STUBBORN = "process.on('SIGTERM', () => {}); process.stdout.write('up'); setInterval(() => {}, 1000)"

await runService(async ({ fail, failLater, pids, port, silent, stubborn }: Settings) => {
  if (fail) throw new Error(fail)
  if (silent) await new Promise(() => setInterval(() => {}, 1_000))
  let pod: number | undefined
  if (stubborn) {
    const child = spawn(process.execPath, ['-e', STUBBORN], { stdio: ['ignore', 'pipe', 'ignore'] })
    await new Promise((up) => child.stdout.once('data', up))
    pod = child.pid
  }
  if (pids) writeFileSync(pids, JSON.stringify([process.pid, ...(pod === undefined ? [] : [pod])]))
  if (failLater)
    setTimeout(() => {
      throw new Error(failLater, { cause: new Error('ENOSPC: no space left on device') })
    }, 100)
  return { ready: { pid: process.pid, port: port ?? 0 }, close: async () => {} }
})
