/** The part of a worker that the page uses; tests pass their own. */
export interface WorkerEnd<Command, Report> {
  postMessage(command: Command): void
  onmessage: ((event: MessageEvent<Report>) => void) | null
  /** Called with true when the script did not load repeatedly, and with false when it runs. */
  onfailing?: (failing: boolean) => void
}
export interface Startable<Command, Report> extends WorkerEnd<Command, Report> {
  onerror: ((event: ErrorEvent) => void) | null
}

/** A script that failed this often in a row is reported. */
const REPORTED_AFTER = 3
const MAX_PAUSE_MS = 15_000

/**
 * Starts a worker, with retries until its script has loaded. A browser reports a script that it cannot fetch as an error of
 * the worker and leaves it dead (HTML Standard, "run a worker"). A short network failure would then leave the page without
 * an instrument. Each new worker gets the commands that the dead one did not run.
 * @param start makes a worker. @param pauseMs the first pause between tries; it grows up to {@link MAX_PAUSE_MS}.
 */
export function retryWorker<Command, Report>(
  start: () => Startable<Command, Report>,
  pauseMs = 1_000,
): WorkerEnd<Command, Report> {
  let unheard: Command[] | undefined = []
  let worker: Startable<Command, Report> | undefined
  let failures = 0
  const end: WorkerEnd<Command, Report> = {
    onmessage: null,
    postMessage(command) {
      unheard?.push(command)
      worker?.postMessage(command)
    },
  }
  const failed = () => {
    if (!unheard) return
    if (++failures === REPORTED_AFTER) end.onfailing?.(true)
    setTimeout(begin, Math.min(MAX_PAUSE_MS, pauseMs * 1.5 ** (failures - 1)))
  }
  const begin = () => {
    try {
      worker = start()
    } catch {
      // The browser or an extension refuses workers.
      return failed()
    }
    worker.onmessage = (event) => {
      // The script runs, so a later error is a bug of its own.
      if (unheard && failures >= REPORTED_AFTER) end.onfailing?.(false)
      unheard = undefined
      end.onmessage?.(event)
    }
    worker.onerror = failed
    for (const command of unheard ?? []) worker.postMessage(command)
  }
  begin()
  return end
}
