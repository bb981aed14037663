import { commandOf, parentOf } from '../supervisor/command-of.ts'
import { signalProcess } from '../supervisor/process-groups.ts'

/** The request to stop the system. */
export interface Shutdown {
  /** Aborted when the shutdown is requested. */
  readonly signal: AbortSignal
  /** Resolves when the shutdown is requested; without a reason when the user asked for it. */
  readonly requested: Promise<{ readonly reason?: string }>
  /** Requests the shutdown because of an error. */
  request(reason: string): void
}

/** A second Ctrl-C after this time exits at once. An earlier one is the copy of the first that npm passes on. */
const IMPATIENT_MS = 1_000
const NPM_CHECK_MS = 500

/** Listens for SIGINT (Ctrl-C), SIGTERM and SIGHUP (closed terminal), and for the end of the npm process above this one. */
export function listenForShutdown(): Shutdown {
  const stopping = new AbortController()
  const { promise, resolve } = Promise.withResolvers<{ reason?: string }>()
  let firstAtMs: number | undefined

  function onSignal(): void {
    const nowMs = performance.now()
    if (firstAtMs !== undefined && nowMs - firstAtMs > IMPATIENT_MS) process.exit(1)
    firstAtMs ??= nowMs
    resolve({})
    stopping.abort()
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  if (process.env.npm_lifecycle_event !== undefined) pollNpm(onSignal)
  return {
    signal: stopping.signal,
    requested: promise,
    request(reason) {
      resolve({ reason })
      stopping.abort()
    },
  }
}

/** npm passes signals on, but a SIGKILL ends it without one. A shell may run between npm and this process. */
function pollNpm(onGone: () => void): void {
  let ancestor: number | undefined = process.ppid
  while (ancestor !== undefined && ancestor > 1 && !commandOf(ancestor)?.startsWith('npm'))
    ancestor = parentOf(ancestor)
  if (ancestor === undefined || ancestor <= 1) return
  const npm = ancestor
  const timer = setInterval(() => {
    if (signalProcess(npm, 0)) return
    clearInterval(timer)
    onGone()
  }, NPM_CHECK_MS)
  timer.unref()
}
