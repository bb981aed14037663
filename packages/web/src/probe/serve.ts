import { nowMs } from '../lib/clock.ts'
import { Instrument, type InstrumentDeps } from './instrument.ts'
import type { Command, Report } from './protocol.ts'

/** The part of a worker's scope, or of a port, that is used. TypeScript's DOM and worker libraries exclude each other. */
export interface Scope {
  postMessage(report: Report): void
  onmessage: ((event: MessageEvent<Command>) => void) | null
}

/** The worker posts no frames for this long after a death; most fail-overs are over by then. */
const RECOVERY_MS = 250

/** Runs the instrument for a page. @param open opens a socket: a real one, or a simulated one. */
export function serveProbe(scope: Scope, open: InstrumentDeps['open']): void {
  let everyMs: number | null = 250
  let framedMs = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  const instrument = new Instrument({
    now: nowMs,
    report: (report) => {
      // The page now requests a replacement; its next events must not queue behind a drawing.
      if (report.type === 'dead') framedMs = nowMs() + RECOVERY_MS
      scope.postMessage(report)
      arm()
    },
    open,
  })

  scope.onmessage = ({ data: command }) => {
    run(command)
    arm()
  }

  function run(command: Command): void {
    switch (command.do) {
      case 'connect':
        instrument.connect(command.connection, command.target)
        break
      case 'drop':
        instrument.drop(command.connection)
        break
      case 'rest':
        instrument.rest()
        frame()
        break
      case 'die':
        instrument.die(command.how)
        break
      case 'draw':
        everyMs = command.everyMs
        break
      case 'samples':
        scope.postMessage({ type: 'samples', samples: instrument.samples() })
        break
      default:
        command satisfies never
    }
  }

  function arm(): void {
    clearTimeout(timer)
    const next = instrument.nextWakeMs()
    if (next !== undefined) timer = setTimeout(tick, Math.max(0, next - nowMs()))
  }

  function tick(): void {
    instrument.wake()
    // Half a slot of slack: a timer that fires early must not delay the frame by a whole slot.
    if (everyMs !== null && nowMs() - framedMs >= everyMs - 125) frame()
    arm()
  }

  function frame(): void {
    framedMs = nowMs()
    scope.postMessage({ type: 'frame', frame: instrument.frame() })
  }
}
