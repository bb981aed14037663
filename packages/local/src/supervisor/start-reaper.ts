import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('./reaper.ts', import.meta.url))

/** A child process that ends the listed process groups when this process ends, even after a SIGKILL. */
export interface Reaper {
  add(group: number): void
  remove(group: number): void
  /** Ends the process groups that are still listed, then the reaper. Resolves when all have ended. */
  close(): Promise<void>
}

/** Starts the reaper, and restarts it when it is killed. */
export function startReaper(): Reaper {
  const groups = new Set<number>()
  let closed = false
  let child = start()

  function start(): ChildProcess {
    // In its own session, so that Ctrl-C and a closing terminal do not reach it.
    const started = spawn(process.execPath, [PROGRAM], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
    })
    // A write after the reaper was killed fails. The exit event below then starts another one.
    started.stdin?.on('error', () => {})
    started.once('exit', () => {
      if (!closed) child = start()
    })
    started.unref()
    for (const group of groups) started.stdin?.write(`+${group}\n`)
    return started
  }

  return {
    add(group) {
      groups.add(group)
      child.stdin?.write(`+${group}\n`)
    },
    remove(group) {
      groups.delete(group)
      child.stdin?.write(`-${group}\n`)
    },
    async close() {
      closed = true
      const { promise, resolve } = Promise.withResolvers<void>()
      child.ref()
      child.once('exit', () => resolve())
      child.stdin?.end()
      await promise
    },
  }
}
