/** The life of a part inside its own process: start, say so, and end when told to or when nobody is left to serve. */

/** A part that has not closed within this is ended all the same. */
const CLOSE_WITHIN_MS = 4_000

export interface Running {
  /** Told to the starter. */
  readonly ready: unknown
  close(): Promise<void>
}

/**
 * @param start receives the settings the starter gave; what it throws ends the process with code 1 and one line.
 */
export async function runPart<Settings>(start: (settings: Settings) => Promise<Running>): Promise<void> {
  let running: Running | undefined
  let ending = false
  async function end(): Promise<void> {
    if (ending) return
    ending = true
    setTimeout(() => process.exit(0), CLOSE_WITHIN_MS).unref()
    await running?.close()
    process.exit(0)
  }
  process.on('SIGTERM', end)
  // The starter is gone, whatever happened to it: without it there is no system to be part of.
  process.on('disconnect', end)
  try {
    // Our own starter wrote them a moment ago.
    running = await start(JSON.parse(process.argv[2] ?? '{}') as Settings)
    process.send?.({ ready: running.ready })
  } catch (error) {
    console.error(error instanceof Error ? (error.stack ?? error.message) : error)
    process.exit(1)
  }
}
