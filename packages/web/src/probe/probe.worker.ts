/**
 * The worker that measures: it owns the socket and the clock, so that drawing cannot bend the numbers (a chart on the
 * same thread made p95 errors of 8 to 29 ms on a slow CPU; here they stay near 3).
 */
import { nowMs } from '../lib/clock.ts'
import { Instrument } from './instrument.ts'
import type { Command, Report } from './protocol.ts'

/** As much of DedicatedWorkerGlobalScope as is used; the DOM and worker libraries of TypeScript exclude each other. */
interface Scope {
  postMessage(report: Report): void
  onmessage: ((event: MessageEvent<Command>) => void) | null
}
/** No frames for this long after a death: most fail-overs are over by then. */
const RECOVERY_MS = 250
const scope = self as unknown as Scope

let everyMs: number | null = 250
let framedMs = 0
let timer: ReturnType<typeof setTimeout> | undefined

const instrument = new Instrument({
  now: nowMs,
  report: (report) => {
    // The page has a replacement to ask for: what happens next must not queue behind a drawing.
    if (report.type === 'dead') framedMs = nowMs() + RECOVERY_MS
    scope.postMessage(report)
    arm()
  },
  open: (target, handlers) => {
    const socket = new WebSocket(target.url, [...target.protocols])
    socket.onopen = () => handlers.open()
    socket.onmessage = (event) => handlers.message(String(event.data))
    socket.onclose = (event) => handlers.close(event.code)
    return socket
  },
})

scope.onmessage = ({ data: command }) => {
  run(command)
  arm()
}

function run(command: Command): void {
  switch (command.do) {
    case 'connect':
      instrument.connect(command.link, command.target)
      break
    case 'drop':
      instrument.drop(command.link)
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
  // Half a slot of slack: a frame due now must not wait for the next slot because this one woke a moment early.
  if (everyMs !== null && nowMs() - framedMs >= everyMs - 125) frame()
  arm()
}

function frame(): void {
  framedMs = nowMs()
  scope.postMessage({ type: 'frame', frame: instrument.frame() })
}
