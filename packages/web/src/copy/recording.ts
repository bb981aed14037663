/** Copy about a recording: sharing, exporting and playing it. A simulated recording is marked in each text. */
import { duration } from '../lib/format.ts'
import { type Recording, totalOf } from '../recording/recording.ts'
import type { Opened } from '../recording/share-link.ts'
import { successor } from './chapters.ts'
import { DIED, LEGS, printLegs } from './first-paint.ts'

export const RECORDING = {
  title: 'This recording',
  share: 'Share this recording',
  json: 'Download JSON',
  text: 'Copy as text',
  svg: 'Copy SVG',
  noServer: 'The link itself holds the whole recording. Nothing is sent to a server or stored on one.',
  linkCopied: (length: number) =>
    `The link is copied. It is ${length} characters long and holds the whole recording.`,
  textCopied: 'Three lines are copied.',
  svgCopied: 'The chart is copied as SVG.',
  svgMissing: 'The chart is not drawn yet.',
  notCopied: 'The browser did not let this page copy. Here it is, to be copied by hand:',
  simulated: 'simulated',
} as const

export const PLAYBACK = {
  titleOfPage: (simulated: boolean, title: string) =>
    `Recording${simulated ? ' of a simulation' : ''} · ${title}`,
  banner: (date: string) => `A recording of ${date}.`,
  what: 'Nothing here happens now. A visitor’s browser measured this, and the link carries the measurement.',
  whatSimulated:
    'It was recorded in the simulator: no pod was real, and no number was measured on a cluster.',
  get: 'Get your own pod',
  again: 'Play it again',
  skip: 'Skip to the end',
  legs: 'Receipt',
  poolRecovered: (ms: number) => `The pool had recovered after ≈ ${Math.max(1, Math.round(ms / 1_000))} s.`,
  heal: (ms: number) =>
    `Kubernetes alone would have healed it in ≈ ${Math.round(ms / 1_000)} s after its death.`,
  healed: (ms: number) => `Kubernetes reports ≈ ${Math.round(ms / 1_000)} s from dead to ready.`,
} as const

/** Why a link shows no recording. */
export const UNREADABLE: Record<Extract<Opened, { is: 'unreadable' }>['why'], string> = {
  version: 'This recording has a format that this version of the page does not know.',
  oversized: 'This link is too long to be a recording of this page.',
  damaged: 'This recording is incomplete: the link was cut short or changed.',
}

/** `swift-heron terminated by a freeze, calm-otter took over in 1.27 s`. */
export function recordingTitle(recording: Recording): string {
  const how = recording.how === undefined ? 'went away by itself' : `terminated ${DIED[recording.how]}`
  return `${recording.died} ${how}, ${successor(recording.recover, recording.tookOver)} in ${duration(totalOf(recording))}`
}

/** The legs in one line. */
export function recordingLegs(recording: Recording): string {
  return printLegs(recording.legs)
    .map(({ name, text }) => `${LEGS[name]} ${text}`)
    .join(' · ')
}

/** Three lines for a chat. */
export function recordingText(recording: Recording, link: string): string {
  const down = recording.downMs === undefined ? '' : ` · down ${duration(recording.downMs)}`
  const lost = `${recording.lost} ${recording.lost === 1 ? 'ping' : 'pings'} lost`
  const lead = recording.simulated ? 'Warm pods, simulated in a browser' : 'Warm pods'
  return [
    `${lead}: ${recordingTitle(recording)}.`,
    `${recordingLegs(recording)}${down} · ${lost}`,
    link,
  ].join('\n')
}

/** The day of a recording, in the visitor's time zone. @param clickedMs ms since 1970. */
export function recordingDate(clickedMs: number): string {
  return new Date(clickedMs).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' })
}
