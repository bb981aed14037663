import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The environment variable that marks the processes of one run. Every child inherits it. */
const MARK = 'WARM_PODS_ENGINES_RUN'

/** The longest wait for killed processes to disappear, ms. */
const END_MS = 5_000
/** Xvfb removes its lock and its socket when it is asked to end. A process that has not ended after this long is killed, ms. */
const GRACE_MS = 500

/**
 * Runs a command to its end, and then kills every process that it left. `abort` kills the command and all its processes. Their
 * temporary files, such as the profiles of browsers, are in one folder, which is deleted.
 *
 * The command gets a process group of its own. On Linux, processes in other groups are found by their environment:
 * WebKitWebDriver puts MiniBrowser into another group.
 *
 * @returns the exit code; 1 if a signal ended the command.
 * @throws Error if the command cannot be started.
 */
export async function runAndClear(
  command: string,
  args: readonly string[],
  abort: AbortSignal,
): Promise<number> {
  const run = randomUUID()
  const folder = mkdtempSync(join(tmpdir(), 'warm-pods-run-'))
  const child = spawn(command, args, {
    detached: true,
    // A background group that reads the terminal would be stopped.
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, [MARK]: run, TMPDIR: folder },
  })
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
  const kill = () => killGroup(child.pid)
  abort.addEventListener('abort', kill)
  if (abort.aborted) kill()
  try {
    return await ended
  } finally {
    abort.removeEventListener('abort', kill)
    kill()
    await endMarked(run)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

function killGroup(pid: number | undefined): void {
  if (pid !== undefined) signal(-pid, 'SIGKILL')
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has already ended.
  }
}

/** Ends the processes of a run until none is left: a process may start another one before it dies. */
async function endMarked(run: string): Promise<void> {
  const startedMs = performance.now()
  for (let left = marked(run); left.length > 0; left = marked(run)) {
    const sinceMs = performance.now() - startedMs
    if (sinceMs > END_MS)
      throw new Error(`These processes do not end: ${left.join(', ')}. End them with kill -9.`)
    for (const pid of left) signal(pid, sinceMs < GRACE_MS ? 'SIGTERM' : 'SIGKILL')
    await sleep(20)
  }
}

/** Returns the ids of the processes of a run. Other systems than Linux hide the environment: there it is empty. */
function marked(run: string): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && environmentOf(pid).includes(`${MARK}=${run}\0`))
}

/** Returns the environment of a process as the kernel has it, `name=value\0` each; empty for a zombie or another user's. */
function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}
