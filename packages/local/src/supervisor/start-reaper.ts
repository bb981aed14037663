import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('./reaper.ts', import.meta.url))

/** Keeps the list of process groups that must not outlive this process, in a process that will outlive it. */
export interface Reaper {
  add(group: number): void
  remove(group: number): void
  /** Ends whatever is still on the list, then the reaper; resolves when nothing is left. */
  close(): Promise<void>
}

/** Starts the reaper, and another when somebody kills it. */
export function startReaper(): Reaper {
  const groups = new Set<number>()
  let closed = false
  let child = start()

  function start(): ChildProcess {
    // A session of its own, so that Ctrl-C and a closing terminal do not reach it.
    const started = spawn(process.execPath, [PROGRAM], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
    })
    // Written to after it was killed: the exit below follows and starts another.
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
