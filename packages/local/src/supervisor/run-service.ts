/** The main program of every service: start, report readiness to the parent, and stop on SIGTERM or when the parent is gone. */

/** After this time the process exits although the service has not closed, milliseconds. */
const CLOSE_WITHIN_MS = 4_000

export interface RunningService {
  /** Sent to the parent. */
  readonly ready: unknown
  close(): Promise<void>
}

/**
 * Runs a service in this process.
 * @param start gets the settings from the parent. Its error is printed, and the process exits with code 1.
 */
export async function runService<Settings>(
  start: (settings: Settings) => Promise<RunningService>,
): Promise<void> {
  let service: RunningService | undefined
  let isStopping = false
  async function stop(): Promise<void> {
    if (isStopping) return
    isStopping = true
    setTimeout(() => process.exit(0), CLOSE_WITHIN_MS).unref()
    await service?.close()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  // The parent has ended or crashed. A service has no use without it.
  process.on('disconnect', stop)
  try {
    // Written by a supervisor of the same version.
    service = await start(JSON.parse(process.argv[2] ?? '{}') as Settings)
    process.send?.({ ready: service.ready })
  } catch (error) {
    console.error(error instanceof Error ? (error.stack ?? error.message) : error)
    process.exit(1)
  }
}
