/**
 * The entry of a pod: reads the environment, serves one session, and tells Kubernetes by its exit code what happened.
 * 0 completes the Job and is for a session that is over; 143 (128 + SIGTERM) lets the Job heal.
 */
import { flushCompileCache } from 'node:module'
import { ConfigError, readConfig } from './config.ts'
import { crash, freeze } from './death.ts'
import { createEvents } from './events.ts'
import { startPod } from './server.ts'
import type { Ending } from './session.ts'

/** `EX_CONFIG` of sysexits.h. */
const EXIT_CONFIG = 78
const EXIT_CODES: Record<Ending, number> = { 'session over': 0, terminated: 143 }

const events = createEvents()
const stopping = new AbortController()
for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stopping.abort())

try {
  const config = readConfig(process.env)
  delete process.env.POD_KEY
  const pod = await startPod({
    config,
    events,
    signal: stopping.signal,
    onDie(how) {
      events.dying(how)
      if (how === 'crash') crash()
      freeze()
    },
  })
  events.listening(config.ip, pod.port, performance.now())
  // Where NODE_COMPILE_CACHE is set, the next pod starts from it in two thirds of the time; a pod that is killed writes none.
  flushCompileCache()
  const ending = await pod.ended
  process.exitCode = EXIT_CODES[ending]
  events.ended(ending, process.exitCode)
  // Nothing is open now and the loop empties by itself; should anything linger, the grace must still hold.
  setTimeout(() => process.exit(), config.limits.graceMs / 4).unref()
} catch (error) {
  if (error instanceof ConfigError) for (const problem of error.problems) events.misconfigured(problem)
  else events.failed(codeOf(error))
  process.exitCode = error instanceof ConfigError ? EXIT_CONFIG : 1
}

/** `EADDRINUSE` and its kind; a message could hold what a peer sent. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
