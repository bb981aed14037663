import { nowMs } from '../lib/clock.ts'
import { Instrument, type InstrumentDeps } from './instrument.ts'
import type { Command, EarlyPong, Report } from './protocol.ts'

/** The part of a worker's scope, or of a port, that is used. TypeScript's DOM and worker libraries exclude each other. */
export interface Scope {
  postMessage(report: Report | EarlyPong): void
  onmessage: ((event: MessageEvent<Command>) => void) | null
}

/**
 * The pause between frames from a death to the first pong of the next pod, ms. The page requests a replacement in that time,
 * and a drawing would delay its next event. Most fail-overs are over before the first of these frames.
 */
const RECOVERY_EVERY_MS = 1_000

/** A page that has not taken over an early socket after this long never will: its script did not load. */
const TAKEOVER_MS = 10_000

/** Runs the instrument for a page. @param open opens a socket: a real one, or a simulated one. */
export function serveProbe(scope: Scope, open: InstrumentDeps['open']): void {
  let everyMs: number | null = 250
  let framedMs = 0
  let recovering = false
  let timer: ReturnType<typeof setTimeout> | undefined
  /** The socket that the script in index.html asked for, and its reports; undefined once the page has connected. */
  let early: { readonly url: string; readonly reports: Report[] } | undefined

  const instrument = new Instrument({
    now: nowMs,
    report: (report) => {
      if (report.type === 'dead' || report.type === 'pong') {
        recovering = report.type === 'dead'
        // The page handles this report before it draws the next frame.
        framedMs = nowMs()
      }
      if (early) {
        early.reports.push(report)
        if (report.type === 'pong') scope.postMessage({ type: 'early-pong' })
      } else scope.postMessage(report)
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
        connect(command)
        break
      case 'drop':
        instrument.drop(command.connection)
        break
      case 'rest':
        early = undefined
        instrument.rest()
        recovering = false
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

  function connect({ connection, target, early: isEarly }: Extract<Command, { do: 'connect' }>): void {
    const taken = early
    early = undefined
    if (isEarly) {
      const begun = { url: target.url, reports: [] }
      early = begun
      setTimeout(() => early === begun && run({ do: 'rest' }), TAKEOVER_MS)
      try {
        instrument.connect(connection, target)
      } catch {
        // The answer names no socket, so it is not the API's. The page checks it too, and shows that.
        early = undefined
      }
    } else if (taken?.url === target.url) for (const report of taken.reports) scope.postMessage(report)
    else instrument.connect(connection, target)
  }

  function arm(): void {
    clearTimeout(timer)
    const next = instrument.nextWakeMs()
    if (next !== undefined) timer = setTimeout(tick, Math.max(0, next - nowMs()))
  }

  function tick(): void {
    instrument.wake()
    // Half a slot of slack: a timer that fires early must not delay the frame by a whole slot.
    const pauseMs = Math.max(everyMs ?? Infinity, recovering ? RECOVERY_EVERY_MS : 0)
    if (!early && nowMs() - framedMs >= pauseMs - 125) frame()
    arm()
  }

  function frame(): void {
    framedMs = nowMs()
    scope.postMessage({ type: 'frame', frame: instrument.frame() })
  }
}
