import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('./reaper.sh', import.meta.url))

/** A child process that ends the listed process groups when this process ends, even after a SIGKILL. */
export interface Reaper {
  add(group: number): void
  remove(group: number): void
  /** Ends the process groups that are still listed, then the reaper. Resolves when all have ended. */
  close(): Promise<void>
}

/** A reaper that ends within this time after its start did not end by a person's kill. */
const QUICK_MS = 1_000
const PAUSE_MS = 50
const MAX_QUICK_ENDS = 8

/** Starts the reaper, and restarts it when it is killed. */
export function startReaper(): Reaper {
  const groups = new Set<number>()
  let closed = false
  let quickEnds = 0
  let startedMs = performance.now()
  let child = start()

  function start(): ChildProcess {
    // In its own session, so that Ctrl-C and a closing terminal do not reach it.
    const started = spawn('/bin/sh', [PROGRAM], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
    })
    // A write after the reaper was killed fails. The exit event below then starts another one.
    started.stdin?.on('error', () => {})
    started.once('exit', () => {
      if (!closed) restart()
    })
    // `spawn` failed, for example for lack of processes.
    started.once('error', () => {
      if (!closed) restart()
    })
    started.unref()
    for (const group of groups) started.stdin?.write(`+${group}\n`)
    return started
  }

  /** At once after a kill. A reaper that ends again soon gets growing pauses, and after {@link MAX_QUICK_ENDS} no other. */
  function restart(): void {
    const nowMs = performance.now()
    quickEnds = nowMs - startedMs < QUICK_MS ? quickEnds + 1 : 0
    startedMs = nowMs
    if (quickEnds === MAX_QUICK_ENDS) {
      console.error('The reaper keeps ending. If Warm Pods is killed now, its services stay.')
      return
    }
    setTimeout(
      () => {
        if (closed) return
        startedMs = performance.now()
        child = start()
      },
      quickEnds === 0 ? 0 : PAUSE_MS * 2 ** quickEnds,
    ).unref()
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
      // It may have ended a moment ago. Its successor then ends the groups.
      if (child.exitCode !== null || child.signalCode !== null) child = start()
      const { promise, resolve } = Promise.withResolvers<void>()
      child.ref()
      child.once('exit', () => resolve())
      child.once('error', () => resolve())
      child.stdin?.end()
      await promise
    },
  }
}
