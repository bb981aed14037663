/** Every sentence of the simulator. That it is one stands wherever its numbers stand. */
import type { Mischief } from '@warm-pods/core/simulation/refill.ts'
import type { Prank } from '../simulator/protocol.ts'

export type Why = 'asked' | 'no-backend' | 'asleep' | 'away'

export const SIMULATION = {
  title: 'Simulation',
  titleOfPage: (title: string) => `Simulation, not a cluster · ${title}`,
  bar: 'No pod and no number on this page is real.',
  lead: 'There is no cluster behind this page: your browser makes up every pod.',
  why: {
    asked: 'You asked for it.',
    'no-backend': 'This build of the page has no cluster to talk to.',
    asleep: 'The cluster is switched off to save money.',
    away: 'The cluster’s API does not answer, although your network works.',
  } satisfies Record<Why, string>,
  what: 'The planner, the states and the instrument are the real ones; the cluster and the network are assumptions, which you can see and change.',
  returns:
    'The page keeps asking for the real thing, and goes back to it by itself, never in the middle of a kill.',
  returning: 'The real pods are back. The page changes over when your kill is over.',
  back: 'The real pods are back. From here on nothing is simulated.',
  toReal: 'Go to the real pods',
  open: 'What it assumes, and how to disturb it',
  opening: 'A simulation begins. No pod in it is real.',
  assumptions: 'Assumed',
  disturb: 'Disturb it',
  rules: 'What must hold, looked at after every step',
  seed: (seed: number) => `Seed ${seed}: the same seed draws the same pods.`,
  another: 'Another seed',
  runs: (runs: number, jobs: number) =>
    `The planner has run ${runs} ${runs === 1 ? 'time' : 'times'}; ${jobs} Jobs stand now.`,
  checks: (n: number) => `${n.toLocaleString('en')} ${n === 1 ? 'look' : 'looks'}`,
  held: 'held',
  broken: 'broken',
  start: 'A pod is Ready after',
  startMeans: 'give or take 17 %; measured on Kubernetes 1.36: 1.2 to 1.7 s',
  roundTrip: 'Round trip',
  scatter: 'scattering by',
  others: 'Other visitors a minute',
  backOff: 'Fixed: the Job controller’s back-off of 10 s, doubled with each further failure of the same Job.',
} as const

export const PRANKS: Record<Prank, { label: string; means: string }> = {
  crashWarm: {
    label: 'Crash a warm pod',
    means: 'One of the four ends by itself. Upkeep must notice and replace it.',
  },
  crashMine: { label: 'Crash your pod', means: 'Yours ends by itself, and nobody has ordered it.' },
  lost: {
    label: 'Lose the next event',
    means: 'The next claim or kill does not wake the planner. Its schedule, once a minute, must repair that.',
  },
  twice: {
    label: 'Run the next tick twice',
    means: 'Two runs act on one plan. The second must change nothing.',
  },
  dies: {
    label: 'Let the next run die half way',
    means: 'It writes a row and dies before it asks the cluster. The next one must finish its work.',
  },
}

/** What stands beside a prank that waits for its moment. */
export const PLANNED: Record<Mischief, string> = {
  lost: 'waits for the next claim, kill or release',
  twice: 'waits for the next run',
  dies: 'waits for the next run',
}
