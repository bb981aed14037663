/** Copy about a recording: sharing, exporting and playing it. A simulated recording is marked in each text. */
import { about } from '../lib/format.ts'

export const RECORDING = {
  title: 'This recording',
  share: 'Share this recording',
  json: 'Download JSON',
  text: 'Copy as text',
  svg: 'Copy SVG',
  noServer: 'The link holds the whole recording; nothing is uploaded.',
  linkCopied: (length: number) =>
    `The link is copied. It is ${length} characters long and holds the whole recording.`,
  textCopied: 'Three lines are copied.',
  svgCopied: 'The chart is copied as SVG.',
  svgMissing: 'The chart is not drawn yet.',
  notCopied: 'The browser did not let this page copy. Copy the text here by hand:',
  simulated: 'simulated',
  lead: 'Warm pods',
  leadSimulated: 'Warm pods, simulated in a browser',
} as const

export const PLAYBACK = {
  titleOfPage: (simulated: boolean, title: string) =>
    `Recording${simulated ? ' of a simulation' : ''} · ${title}`,
  banner: (date: string) => `A recording of ${date}.`,
  what: 'A visitor’s browser measured this. The link holds the whole recording.',
  whatSimulated:
    'It was recorded in the simulator: no pod in it was real, and no number was measured on a cluster.',
  get: 'Get your own pod',
  again: 'Play it again',
  skip: 'Skip to the end',
  legs: 'Receipt',
  poolRecovered: (ms: number) => `The pool was refilled after ${about(ms)}.`,
  heal: (ms: number) => `Kubernetes alone would have recreated it ${about(ms)} after its death.`,
  healed: (ms: number) => `Kubernetes reports ${about(ms)} from dead to ready.`,
} as const

/** Why a link shows no recording. */
export const UNREADABLE = {
  version: 'This recording has a format that this version of the page does not know.',
  oversized: 'This link is too long to be a recording of this page.',
  damaged: 'This recording is incomplete: the link was cut short or changed.',
} as const
