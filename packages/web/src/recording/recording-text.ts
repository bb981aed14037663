import { RECEIPT } from '../copy/chapters.ts'
import { DIED } from '../copy/kills.ts'
import { RECORDING } from '../copy/recording.ts'
import { duration } from '../lib/format.ts'
import { successor } from '../receipt/receipt-text.ts'
import { legsLine } from '../visit/legs-text.ts'
import { type Recording, totalOf } from './recording.ts'

/** `swift-heron terminated by a freeze, calm-otter took over in 1.27 s`. */
export function recordingTitle(recording: Recording): string {
  const { died, how, recover, tookOver } = recording
  const end = how === undefined ? RECEIPT.endedItself(died) : RECEIPT.terminated(died, DIED[how])
  return `${end}, ${successor(recover, tookOver)} in ${duration(totalOf(recording))}`
}

/** Returns three lines for a chat: the title, the legs and the link. */
export function recordingText(recording: Recording, link: string): string {
  const { downMs, lost, legs, simulated } = recording
  const down = downMs === undefined ? '' : ` · down ${duration(downMs)}`
  const pings = `${lost} ${lost === 1 ? 'ping' : 'pings'} lost`
  const lead = simulated ? RECORDING.leadSimulated : RECORDING.lead
  return [`${lead}: ${recordingTitle(recording)}.`, `${legsLine(legs)}${down} · ${pings}`, link].join('\n')
}

/** Returns the day of a recording in the visitor's time zone. @param clickedMs ms since 1970. */
export function recordingDate(clickedMs: number): string {
  return new Date(clickedMs).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' })
}
