import { retryWorker, type WorkerEnd } from '../lib/retry-worker.ts'
import type { Command, Frame, Report, Target } from './protocol.ts'
import type { Sample } from './samples.ts'

/** What a link tells while it lasts. */
export type ConnectionReport = Exclude<Report, { type: 'frame' | 'samples' }>

/** The page's handle of the measuring worker. */
export interface Probe {
  /** Opens a socket to a pod; returns the undo, which closes it while slots go on counting. */
  connect(target: Target, listen: (report: ConnectionReport) => void): () => void
  /** Sends the message that makes the pod crash or freeze, on its own socket. */
  die(how: 'crash' | 'freeze'): void
  /** Closes the socket and stops counting. */
  rest(): void
  /** At most one frame each `everyMs`; null: none while nobody looks. */
  draw(everyMs: number | null): void
  subscribe(listener: () => void): () => void
  /** The latest frame; undefined before the first. */
  snapshot(): Frame | undefined
  /** The raw samples of the last 75 s, oldest first. */
  samples(): Promise<readonly Sample[]>
  /** Time since the latest frame arrived on the page, ms. */
  sinceFrameMs(): number
}

/** Whatever speaks {@link Command} and {@link Report}: a worker, or a port to one. */
type ProbeEnd = WorkerEnd<Command, Report>

/** Starts the worker, unless there is one already. */
export function createProbe(worker: ProbeEnd = retryWorker(startWorker)): Probe {
  const listeners = new Set<() => void>()
  let latest: Frame | undefined
  let framedMs = 0
  let connection = 0
  let asked = Promise.withResolvers<readonly Sample[]>()
  let listen: ((report: ConnectionReport) => void) | undefined
  const send = (command: Command) => worker.postMessage(command)

  worker.onmessage = ({ data: report }: MessageEvent<Report>) => {
    if (report.type === 'frame') {
      framedMs = performance.now()
      latest = report.frame
      for (const listener of listeners) listener()
    } else if (report.type === 'samples') asked.resolve(report.samples)
    else if (report.connection === connection) listen?.(report)
  }

  return {
    connect(target, listener) {
      connection++
      const mine = connection
      listen = listener
      send({ do: 'connect', connection: mine, target })
      return () => {
        if (connection === mine) listen = undefined
        send({ do: 'drop', connection: mine })
      }
    },
    die: (how) => send({ do: 'die', how }),
    rest: () => send({ do: 'rest' }),
    draw: (everyMs) => send({ do: 'draw', everyMs }),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    snapshot: () => latest,
    samples: () => {
      asked = Promise.withResolvers()
      send({ do: 'samples' })
      return asked.promise
    },
    sinceFrameMs: () => performance.now() - framedMs,
  }
}

function startWorker(): Worker {
  // Written inline, or Vite does not see the worker and a base path breaks it (vite#9204).
  return new Worker(new URL('./probe.worker.ts', import.meta.url), { type: 'module', name: 'probe' })
}
