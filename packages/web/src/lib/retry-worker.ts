/** The part of a worker that the page uses; tests pass their own. */
export interface WorkerEnd<Command, Report> {
  postMessage(command: Command): void
  onmessage: ((event: MessageEvent<Report>) => void) | null
}
export interface Startable<Command, Report> extends WorkerEnd<Command, Report> {
  onerror: ((event: ErrorEvent) => void) | null
}

/**
 * Starts a worker, with retries until its script has loaded. A browser reports a script that it cannot fetch as an error of
 * the worker and leaves it dead (HTML Standard, "run a worker"). A short network failure would then leave the page without
 * an instrument. Each new worker gets the commands that the dead one did not run.
 * @param start makes a worker. @param pauseMs between tries.
 */
export function retryWorker<Command, Report>(
  start: () => Startable<Command, Report>,
  pauseMs = 1_000,
): WorkerEnd<Command, Report> {
  let unheard: Command[] | undefined = []
  let worker: Startable<Command, Report>
  const end: WorkerEnd<Command, Report> = {
    onmessage: null,
    postMessage(command) {
      unheard?.push(command)
      worker.postMessage(command)
    },
  }
  const begin = () => {
    worker = start()
    worker.onmessage = (event) => {
      // The script runs, so a later error is a bug of its own.
      unheard = undefined
      end.onmessage?.(event)
    }
    worker.onerror = () => {
      if (unheard) setTimeout(begin, pauseMs)
    }
    for (const command of unheard ?? []) worker.postMessage(command)
  }
  begin()
  return end
}
