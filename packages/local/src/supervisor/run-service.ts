/** The main program of every service: start, report readiness to the parent, and stop on SIGTERM or when the parent is gone. */

import { messageWithCauses } from '@warm-pods/functions/lib/error-causes.ts'

/** After this time the process exits although the service has not closed, milliseconds. */
const CLOSE_WITHIN_MS = 4_000
/** After this time the process exits although the parent has not got the error, milliseconds. */
const REPORT_WITHIN_MS = 500

let isLoadingOnly = false

/** From now on {@link runService} does nothing, so that a program can load the code of services. */
export function loadServicesOnly(): void {
  isLoadingOnly = true
}

export interface RunningService {
  /** Sent to the parent. */
  readonly ready: unknown
  close(): Promise<void>
}

/**
 * Runs a service in this process. Its error, also a later uncaught one, is printed and sent to the parent, and the process exits
 * with code 1.
 * @param start gets the settings from the parent.
 */
export async function runService<Settings>(
  start: (settings: Settings) => Promise<RunningService>,
): Promise<void> {
  if (isLoadingOnly) return
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
  process.on('uncaughtException', fail)
  // The parent has ended or crashed. A service has no use without it.
  process.on('disconnect', stop)
  try {
    // Written by a supervisor of the same version.
    service = await start(JSON.parse(process.argv[2] ?? '{}') as Settings)
    process.send?.({ ready: service.ready })
  } catch (error) {
    fail(error)
  }
}

/** The parent gets the error too, because the log cannot be written when the disk is full. */
function fail(error: unknown): void {
  setTimeout(() => process.exit(1), REPORT_WITHIN_MS)
  // Prints the causes too.
  console.error(error)
  if (process.connected) process.send?.({ failed: messageWithCauses(error) }, () => process.exit(1))
  else process.exit(1)
}
