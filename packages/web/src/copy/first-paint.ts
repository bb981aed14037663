/**
 * All copy that the first paint may need, except the text of index.html. The copy of later chapters is in chapters.ts.
 * "Terminate" is the verb throughout. `{pod}` stands for a pod's name, which the page sets in the pod's colour.
 */
import type { HowToDie, HowToRecover } from '@warm-pods/core/api/contracts.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { age, BLANK, duration } from '../lib/format.ts'

const ALL_HELD = `Your network already holds ${LIMITS.liveSessionsPerAddress} pods.`
const TOO_MANY = 'Your network took too many pods.'
const ALL_IN_USE = 'Every pod we may run is in use'

export const HEADLINE = {
  idle: {
    unseen: 'A pod is waiting for you.',
    expired: 'Your pod has ended.',
    cancelled: 'A pod is waiting for you.',
    elsewhere: 'Your pod is open in another tab.',
    unreached: 'Your pod has ended.',
  },
  requesting: 'Claiming a pod…',
  starting: 'No warm pod left, so you get a cold one.',
  healing: 'Kubernetes is recreating your pod…',
  connecting: 'Connecting to {pod}…',
  reconnecting: 'Reconnecting to {pod}…',
  blocked: {
    refused: 'Your network blocks WebSockets.',
    cut: 'Your network cuts WebSockets after seconds.',
  },
  live: {
    warm: 'You hold {pod}, from a pool of {target} warm pods.',
    cold: 'You hold {pod}, started for you alone.',
    later: 'You hold {pod}.',
  },
  back: (ms: number) => `Back in ${duration(ms)}. You hold {pod}.`,
  degraded: '{pod} is answering slowly.',
  expiring: 'Your pod ends in',
  atLimit: 'Your pod ends soon.',
  terminating: 'You terminated {pod}.',
  recovering: 'Getting you another pod…',
  waitingForHeal: 'Waiting for Kubernetes to recreate {pod}…',
  healed: 'Kubernetes recreated {pod}. Connecting…',
  silent: '{pod} stopped answering.',
  lost: '{pod} ended by itself.',
  exhausted: `${ALL_IN_USE}.`,
  allHeld: ALL_HELD,
  tooMany: TOO_MANY,
  asleep: 'Your pod ended while you were away.',
  offline: 'You are offline.',
  unreachable: 'The demo does not answer.',
  foreign: 'The answer is not from the API.',
  failed: 'This demo is down.',
} as const

/** Where {@link HEADLINE} has `{pod}` and no name is known. */
export const UNNAMED = 'your pod'

const RESUMES = 'The graph resumes when you are online again.'

/** The line under the headline. */
export const UNDER = {
  unseen: 'You get one when you open this tab.',
  requesting: 'Usually well under a second.',
  opening: 'The address is known, the socket is opening.',
  rereading: 'Asking the API for its address again.',
  replacing: 'Asking the API for the next one.',
  rejoining: 'The API answers again. Asking for its address.',
  retry: (attempt: number) => `It did not answer in time. This is try ${attempt}.`,
  firstPong: (ms: number) => `First reply ${duration(ms)} after asking. `,
  live: 'Terminate it and watch another take over.',
  expiring: `The page releases a pod after ${age(LIMITS.leaseMs)}. Keep it to stay connected.`,
  atLimit: `A visitor may hold one for at most ${age(LIMITS.lifetimeMs)}. You can get another then.`,
  terminating: {
    polite: 'The API deletes it, and it announces its end.',
    crash: 'Its process exits, and the socket breaks.',
    freeze: 'It stops answering. Only a timeout reveals it.',
  },
  lost: 'It failed on its own; recovery works the same way. ',
  cold: 'No warm pod left, so a cold one starts: ',
  jobPod: (alias = 'ready') => `The Job’s new pod is ${alias}; the socket is opening.`,
  jobSteps: 'The Job has a new pod: ',
  claimed: (alias = 'one') => `Claimed ${alias}; the socket is opening.`,
  offline: RESUMES,
  unreachable: 'Your network may be down, or this demo.',
  foreign: 'A proxy, a sign-in page or another version may be in between.',
} as const

/** The steps of a start: as a step that is done, and as the step that goes on now. */
export const STEPS = {
  created: { done: 'created', now: 'asking the cluster' },
  scheduled: { done: 'scheduled', now: 'scheduling' },
  network: { done: 'network', now: 'giving it a network' },
  started: { done: 'container started', now: 'starting container' },
  ready: { done: 'ready', now: 'waiting until it is ready' },
  routed: { done: 'reachable', now: 'routing' },
} as const
/** All steps are done; the API has not handed over the address yet. */
export const ROUTING = 'routing'

export const CONTROLS = {
  pause: 'Pause',
  resume: 'Resume',
  theme: (theme: string) => `Theme: ${theme}`,
  changeTheme: (theme: string, next: string) => `Theme: ${theme}. Change to ${next}.`,
} as const

export const BUTTON = {
  wakesIn: (seconds: number) => `in ${seconds} s`,
  how: (how: string) => `How: ${how}`,
  options: (how: string, recover: string) => `How: ${how}, then: ${recover}`,
  get: 'Get a pod',
  useHere: 'Use it here',
  terminate: 'Terminate pod',
  keep: 'Keep it',
  cancel: 'Cancel',
  failOver: 'Take a warm pod instead',
  tryNow: 'Try now',
  tryAgain: 'Try again',
  watch: 'Watch the pool meanwhile',
} as const

export const HOW: Record<HowToDie, { label: string }> = {
  polite: { label: 'Delete' },
  crash: { label: 'Crash' },
  freeze: { label: 'Freeze' },
}
export const RECOVER: Record<HowToRecover, { label: string }> = {
  failover: { label: 'Take a warm pod' },
  heal: { label: 'Wait for Kubernetes' },
}

export const TILES = {
  title: 'Numbers of the last minute',
  more: (count: number) => `${count} more numbers`,
  fewer: 'Fewer',
} as const

export const NUMBERS = {
  now: { label: 'Now' },
  p50: { label: 'Median' },
  p95: { label: '95 % under' },
  p99: { label: 'p99' },
  mean: { label: 'Mean' },
  jitter: { label: 'Jitter' },
  unanswered: { label: 'Unanswered' },
  livedP99: { label: 'Lived p99' },
  error: { label: '± error' },
} as const

export const LEGS = {
  told: 'noticed',
  claimed: 'claimed',
  asked: 'asked',
  healed: 'healed',
  backoff: 'back-off',
  start: 'start',
  connected: 'connected',
  pong: 'first reply',
} as const

export const POOL = {
  title: 'The pool',
  warm: 'warm',
  starting: 'starting',
  empty: 'empty',
  inUse: 'in use',
  taken: 'taken',
  yours: 'yours',
  yoursNow: 'yours, being replaced',
  dying: 'dying',
  unconfirmed: 'unconfirmed',
  was: 'was',
  confirmed: (ms: number) => `checked by refill ${age(ms)} ago`,
  refilling: (count: number, first: string) => `refilling ${count} (${first})`,
  unread: 'Reading the pool…',
  past: 'No answer from the API: the pool as it was.',
  columns: { name: 'Pod', status: 'Status', age: 'Age' },
  own: 'Your pod',
  count: (warm: number | undefined, target: number = LIMITS.target) => `${warm ?? BLANK} of ${target} warm`,
} as const

export const CHART = {
  empty: `Round trips to your pod appear here, ${1_000 / LIMITS.pingMs} a second.`,
  unmeasured: 'No round trips yet.',
  title: 'Round trip',
  table: 'Show as a table',
  hideTable: 'Hide the table',
  noPings: 'No pings yet',
  answered: (answered: number, due: number) => `${answered} of ${due} due pings answered`,
  window: (seconds: number) => `Last ${seconds} seconds of round trips: `,
  tooFew: 'not enough pings for numbers yet.',
  median: (ms: number) => `median ${ms.toFixed(ms < 10 ? 1 : 0)}`,
  p95: (ms: number) => `, p95 ${Math.round(ms)}`,
  noOutage: 'no outage',
  outages: (lengths: readonly string[]) =>
    `${lengths.length === 1 ? 'one outage' : `${lengths.length} outages`} of ${lengths.join(' and ')}`,
} as const

export const WAIT = {
  pausedMark: 'Paused.',
  paused: 'The chart is paused; measuring goes on.',
} as const

/** The accessible name of numbers, chart and main button together. */
export const INSTRUMENT = 'Instrument'

/** Shows the keys of the instrument. */
export const KEYS_BUTTON = '? Keys'

/** A part of the page that did not load or could not be drawn. */
export const FAILED_PART = {
  what: 'This part of the page failed.',
  reload: 'Reload the page',
  worker: 'The measuring script did not load. The page keeps trying.',
  redrawn: 'Drawing the page failed. It is drawn again.',
} as const

/** Events of the page itself. All others are in events.ts. */
export const EVENTS = {
  unsaved: 'The samples were not saved: a part of the page did not load.',
} as const
