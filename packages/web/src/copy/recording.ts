/** Every sentence about a run that is kept: shared, exported, replayed. A simulated one says so in each of them. */
import { duration } from '../lib/format.ts'
import { type Run, totalOf } from '../recording/recording.ts'
import type { Opened } from '../recording/share-link.ts'
import { successor } from './chapters.ts'
import { DIED, LEGS, printLegs } from './first-paint.ts'

export const RUN = {
  title: 'This run',
  share: 'Share this run',
  json: 'Download JSON',
  text: 'Copy as text',
  svg: 'Copy SVG',
  noServer: 'A link holds the whole run in itself. Nothing is sent to a server, and nothing is kept on one.',
  linkCopied: (length: number) =>
    `The link is copied. It is ${length} characters long and holds the whole run.`,
  textCopied: 'Three lines are copied.',
  svgCopied: 'The chart is copied as SVG.',
  svgMissing: 'The chart is not drawn yet.',
  notCopied: 'The browser did not let this page copy. Here it is, to be copied by hand:',
  simulated: 'simulated',
} as const

export const REPLAY = {
  titleOfPage: (simulated: boolean, title: string) =>
    `Recorded run${simulated ? ' of a simulation' : ''} · ${title}`,
  banner: (date: string) => `A recorded run, ${date}.`,
  what: 'Nothing here is happening now: this is what somebody’s browser measured, as their link tells it.',
  whatSimulated:
    'It was recorded in the simulator: no pod in it was real, and no number was measured on a cluster.',
  get: 'Get your own pod',
  again: 'Play it again',
  skip: 'Show its end',
  legs: 'Receipt',
  whole: (ms: number) => `The pool was whole again after ≈ ${Math.max(1, Math.round(ms / 1_000))} s.`,
  heal: (ms: number) =>
    `Kubernetes alone would have healed it in ≈ ${Math.round(ms / 1_000)} s after its death.`,
  healed: (ms: number) => `Kubernetes reports ≈ ${Math.round(ms / 1_000)} s from dead to ready.`,
} as const

/** Why a link shows no run. */
export const UNREADABLE: Record<Extract<Opened, { is: 'unreadable' }>['why'], string> = {
  version: 'This link holds a run in a form that this version of the page does not know.',
  oversized: 'This link is too long to be a run of this page.',
  damaged: 'This link holds no whole run: it was cut short or changed on its way.',
}

/** `swift-heron terminated by a freeze, calm-otter took over in 1.27 s`. */
export function runTitle(run: Run): string {
  const how = run.how === undefined ? 'went away by itself' : `terminated ${DIED[run.how]}`
  return `${run.died} ${how}, ${successor(run.recover, run.tookOver)} in ${duration(totalOf(run))}`
}

/** The legs in one line. */
export function runLegs(run: Run): string {
  return printLegs(run.legs)
    .map(({ name, text }) => `${LEGS[name]} ${text}`)
    .join(' · ')
}

/** Three lines for a chat. */
export function runText(run: Run, link: string): string {
  const down = run.downMs === undefined ? '' : ` · down ${duration(run.downMs)}`
  const lost = `${run.lost} ${run.lost === 1 ? 'ping' : 'pings'} lost`
  const lead = run.simulated ? 'Warm pods, simulated in a browser' : 'Warm pods'
  return [`${lead}: ${runTitle(run)}.`, `${runLegs(run)}${down} · ${lost}`, link].join('\n')
}

/** The day of a run, in the reader's own zone. */
export function runDate(clickedMs: number): string {
  return new Date(clickedMs).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' })
}
