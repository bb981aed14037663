/** Copy of the simulator. Every place with simulated numbers is marked as a simulation. */
import { LIMITS } from '@warm-pods/core/limits.ts'

export const SIMULATION = {
  title: 'Simulation',
  titleOfPage: (title: string) => `Simulation, not a cluster · ${title}`,
  bar: 'No pod and no number on this page is real.',
  lead: 'There is no cluster behind this page. Your browser simulates every pod.',
  why: {
    asked: 'You opened the simulator.',
    'no-backend': 'This build of the page has no cluster to talk to.',
    asleep: 'The cluster is switched off to save money.',
    foreign: 'Something else answers in the place of the cluster’s API.',
    away: 'The cluster’s API does not answer, although your network works.',
  },
  what: 'The planner, the states and the measuring instrument are the real ones. The cluster and the network are assumptions, which you can see and change.',
  returns:
    'The page keeps trying the real API. It goes back to the real pods by itself, never in the middle of a kill.',
  returning: 'The real pods are back. The page changes over when your kill is over.',
  back: 'The real pods are back. From here on nothing is simulated.',
  toReal: 'Go to the real pods',
  open: 'Assumptions and faults',
  opening: 'A simulation begins. No pod in it is real.',
  assumptions: 'Assumptions',
  faults: 'Inject a fault',
  rules: 'Invariants, checked after every step',
  seed: (seed: number) => `Seed ${seed}: the same seed draws the same pods.`,
  another: 'Another seed',
  runs: (runs: number, jobs: number) =>
    `Refill has run ${runs} ${runs === 1 ? 'time' : 'times'}; there are ${jobs} Jobs now.`,
  checks: (n: number) => `${n.toLocaleString('en')} ${n === 1 ? 'check' : 'checks'}`,
  held: 'held',
  violated: 'violated',
  start: 'A pod is Ready after',
  startMeans: 'plus or minus 17 %; measured on Kubernetes 1.36: 1.2 to 1.7 s',
  roundTrip: 'Round trip',
  scatter: 'scattering by',
  others: 'Other visitors a minute',
  backOff: 'Fixed: the Job controller’s back-off of 10 s, doubled with each further failure of the same Job.',
} as const

/** The faults that a visitor can inject. */
export const FAULTS = {
  crashWarm: {
    label: 'Crash a warm pod',
    means: `One of the ${LIMITS.target} ends by itself. Refill must notice and replace it.`,
  },
  crashMine: {
    label: 'Crash your pod',
    means: 'Your pod ends by itself, without a request to terminate it.',
  },
  lost: {
    label: 'Lose the next trigger',
    means: `The next claim or kill does not trigger refill. Its schedule, every ${LIMITS.refillEveryMs / 1_000} seconds, must repair that.`,
  },
  twice: {
    label: 'Run the next refill twice',
    means: 'Two refill runs carry out the same plan. The second must change nothing.',
  },
  crashes: {
    label: 'Let the next refill die half way',
    means: 'It writes a row and dies before its request to the cluster. The next run must finish its work.',
  },
} as const

/** Stands beside a fault that waits for its moment. */
export const PLANNED = {
  lost: 'waits for the next claim, kill or release',
  twice: 'waits for the next refill run',
  crashes: 'waits for the next refill run',
} as const
