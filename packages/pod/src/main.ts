/**
 * The entry of a pod: reads the environment and serves one session. The exit code informs Kubernetes of the outcome.
 * 0 completes the Job: the session is over. 143 (128 + SIGTERM) makes the Job create a replacement.
 */
import { flushCompileCache } from 'node:module'
import { ConfigError, readConfig } from './config.ts'
import { crash, freeze } from './crash-and-freeze.ts'
import { createEvents } from './events.ts'
import { rehearse } from './rehearsal.ts'
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
  await rehearse(config)
  const pod = await startPod({
    config,
    events,
    signal: stopping.signal,
    onKill(how) {
      events.killRequested(how)
      if (how === 'crash') crash()
      freeze()
    },
  })
  events.listening(config.ip, pod.ports, performance.now())
  // With NODE_COMPILE_CACHE set, the next pod starts in two thirds of the time. A killed pod would not write the cache.
  flushCompileCache()
  const ending = await pod.ended
  process.exitCode = EXIT_CODES[ending]
  events.ended(ending, process.exitCode)
  // Nothing is open now, so the event loop ends by itself. The timer keeps the grace period even if a handle is left.
  setTimeout(() => process.exit(), config.limits.graceMs / 4).unref()
} catch (error) {
  if (error instanceof ConfigError) for (const problem of error.problems) events.misconfigured(problem)
  else events.failed(codeOf(error))
  process.exitCode = error instanceof ConfigError ? EXIT_CONFIG : 1
}

/** The system error code, such as `EADDRINUSE`. The error's message is not logged: it could contain a client's input. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
