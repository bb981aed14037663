import { createStore, type Readable } from '../lib/create-store.ts'
import { retryWorker, type WorkerEnd } from '../lib/retry-worker.ts'
import type { Command, Frame, Report, Target } from './protocol.ts'
import type { Sample } from './samples.ts'

/** What the worker reports about one connection. */
export type ConnectionReport = Exclude<Report, { type: 'frame' | 'samples' }>

/** The page's handle of the measuring worker, and its latest frame; undefined before the first. */
export interface Probe extends Readable<Frame | undefined> {
  /** Opens a socket to a pod. Returns the undo, which closes the socket; later slots count as down. */
  connect(target: Target, listen: (report: ConnectionReport) => void): () => void
  /** Sends the message that makes the pod crash or freeze, on its own socket. */
  die(how: 'crash' | 'freeze'): void
  /** Closes the socket and stops counting. */
  rest(): void
  /** Limits frames to one each `everyMs`; null stops them (the tab is hidden). */
  draw(everyMs: number | null): void
  /** The raw samples of the last 75 s, oldest first. */
  samples(): Promise<readonly Sample[]>
  /** Whether the script of the worker does not load; the page goes on trying. */
  readonly failing: Readable<boolean>
  /** Time since the latest frame arrived on the page, ms of `performance.now()`. */
  sinceFrameMs(): number
}

/** The other end of the probe: a worker, or a port to one. */
export type ProbeEnd = WorkerEnd<Command, Report>

/** Starts the measuring worker. @param early returns a worker that has been started already, at its first call only. */
export function startProbe(early: () => Worker | undefined): Probe {
  return createProbe(retryWorker(() => early() ?? startWorker()))
}

/** @param worker the measuring worker, or a port to one. */
export function createProbe(worker: ProbeEnd): Probe {
  const { subscribe, snapshot, set } = createStore<Frame | undefined>(undefined)
  const failing = createStore(false)
  worker.onfailing = failing.set
  let framedMs = 0
  let connection = 0
  let asked = Promise.withResolvers<readonly Sample[]>()
  let listen: ((report: ConnectionReport) => void) | undefined
  const send = (command: Command) => worker.postMessage(command)

  worker.onmessage = ({ data: report }: MessageEvent<Report>) => {
    if (report.type === 'frame') {
      framedMs = performance.now()
      set(report.frame)
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
    subscribe,
    snapshot,
    failing,
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
