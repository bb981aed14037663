import { commandOf, parentOf } from '../supervisor/command-of.ts'
import { signalProcess } from '../supervisor/process-groups.ts'

/** When and why the system is to end. */
export interface Ending {
  readonly signal: AbortSignal
  /** Resolves once it is to end; without a sentence when the person asked for it. */
  readonly ended: Promise<{ readonly sentence?: string }>
  /** Ends it because of something that the sentence tells. */
  end(sentence: string): void
}

/** A second Ctrl-C after this long is impatience; sooner it is npm passing on the first one. */
const IMPATIENT_MS = 1_000
const NPM_CHECK_MS = 500

/** Listens for everything that ends a program that runs in a terminal: Ctrl-C, SIGTERM, a closed terminal, a killed npm. */
export function watchForEnd(): Ending {
  const stopping = new AbortController()
  const { promise, resolve } = Promise.withResolvers<{ sentence?: string }>()
  let askedAt: number | undefined

  function asked(): void {
    const now = performance.now()
    if (askedAt !== undefined && now - askedAt > IMPATIENT_MS) process.exit(1)
    askedAt ??= now
    resolve({})
    stopping.abort()
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, asked)
  if (process.env.npm_lifecycle_event !== undefined) watchNpm(asked)
  return {
    signal: stopping.signal,
    ended: promise,
    end(sentence) {
      resolve({ sentence })
      stopping.abort()
    },
  }
}

/** npm passes signals on, except the SIGKILL that ends it. A shell may stand between it and us. */
function watchNpm(onGone: () => void): void {
  let npm: number | undefined = process.ppid
  while (npm !== undefined && npm > 1 && !commandOf(npm)?.startsWith('npm')) npm = parentOf(npm)
  if (npm === undefined || npm <= 1) return
  const found = npm
  const timer = setInterval(() => {
    if (signalProcess(found, 0)) return
    clearInterval(timer)
    onGone()
  }, NPM_CHECK_MS)
  timer.unref()
}
