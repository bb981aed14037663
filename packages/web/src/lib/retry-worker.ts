/** As much of a worker as its page uses; the tests' own does it too. */
export interface WorkerEnd<Command, Report> {
  postMessage(command: Command): void
  onmessage: ((event: MessageEvent<Report>) => void) | null
}
export interface Startable<Command, Report> extends WorkerEnd<Command, Report> {
  onerror: ((event: ErrorEvent) => void) | null
}

/**
 * A worker whose script is asked for until it has come. A browser reports a script that it cannot fetch as an error of the
 * worker and leaves it dead (HTML Standard, "run a worker"): a network that blinks while the page opens would leave it
 * without an instrument for the rest of the visit. What was said to the dead one is said to the next.
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
      // It runs. From here on an error is one of its own.
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
