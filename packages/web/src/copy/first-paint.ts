/**
 * All copy that the first paint may need, except the text of index.html. The copy of later chapters is in chapters.ts.
 * "Terminate" is the verb throughout. `{pod}` stands for a pod's name, which the page sets in the pod's colour.
 */
import type { HowToDie, HowToRecover } from '@warm-pods/core/api/contracts.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { about, age, BLANK, duration, percent } from '../lib/format.ts'

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
  healing: 'Kubernetes is healing your pod…',
  connecting: 'Connecting to {pod}…',
  reconnecting: 'Reconnecting to {pod}…',
  blocked: {
    refused: 'Your network blocks WebSockets.',
    cut: 'Your network cuts WebSockets after seconds.',
  },
  live: {
    warm: `You hold {pod}, one of ${LIMITS.target} warm pods.`,
    cold: 'You hold {pod}, started for you alone.',
    later: 'You hold {pod}.',
  },
  back: (ms: number) => `Back in ${duration(ms)}. You hold {pod}.`,
  degraded: '{pod} is answering slowly.',
  expiring: 'Your pod ends in',
  atLimit: 'Your pod ends soon.',
  terminating: 'You terminated {pod}.',
  recovering: 'Getting you another pod…',
  waitingForHeal: 'Waiting for Kubernetes to heal {pod}…',
  healed: 'Kubernetes healed {pod}. Connecting…',
  silent: '{pod} stopped answering.',
  lost: '{pod} ended by itself.',
  exhausted: `${ALL_IN_USE}.`,
  allHeld: ALL_HELD,
  tooMany: TOO_MANY,
  asleep: 'Your pod ended while you were away.',
  offline: 'You are offline.',
  unreachable: 'Nothing answers.',
  foreign: 'The answer is not from the API.',
  failed: 'This demo is down.',
} as const

/** Where {@link HEADLINE} has `{pod}` and no name is known. */
export const UNNAMED = 'your pod'

const NETWORK = 'Your network may be the cause: other tabs, Wi-Fi, a VPN.'
const LONGEST = `A visitor may hold one for at most ${age(LIMITS.lifetimeMs)}.`
const RESUMES = 'The graph resumes when you are online again.'

/** The line under the headline. */
export const UNDER = {
  idle: {
    unseen: 'The page claims it when this tab is visible.',
    expired: 'Its lease ran out. You can get another.',
    cancelled: 'You cancelled the start of the last one.',
    elsewhere: 'A session has one socket, and the newer tab has it. You can get another pod here.',
    unreached: 'This browser could not open a WebSocket to it.',
  },
  requesting: 'Usually well under a second.',
  opening: 'The address is known, the socket is opening.',
  rereading: 'Asking the API for its address again.',
  replacing: 'Asking the API for the next one.',
  rejoining: 'The API answers again. Asking for its address.',
  retry: (attempt: number) => `It did not answer in time. This is try ${attempt}.`,
  firstPong: (ms: number) => `First pong ${duration(ms)} after asking. `,
  live: 'Terminate it and watch another take over.',
  slow: (p95Ms: number) => `p95 ${Math.round(p95Ms)} ms. ${NETWORK}`,
  silent: (share: number) => `${percent(share)} of its pings stayed unanswered. ${NETWORK}`,
  expiring: 'Its lease runs out. Keep it, and nothing else changes.',
  atLimit: `${LONGEST} You can get another afterwards.`,
  terminating: {
    polite: 'The API deletes it; it should announce its end.',
    crash: 'Its process exits; the socket should break.',
    freeze: 'It stops answering. Only missed pings show it.',
  },
  lost: 'This one failed on its own; recovery works the same way. ',
  cold: 'No warm pod left, so a cold one starts: ',
  jobPod: (alias = 'ready') => `The Job’s new pod is ${alias}; the socket is opening.`,
  jobSteps: 'The Job has a new pod: ',
  claimed: (alias = 'one') => `Claimed ${alias}; the socket is opening.`,
  exhausted: LONGEST,
  allHeld: 'That is the limit for one network. Close another tab, or wait.',
  tooMany: 'The limit leaves pods for everyone.',
  asleep: `After ${age(LIMITS.hiddenMs)} out of sight the page gives it back. You can get another.`,
  offline: RESUMES,
  unreachable: 'Your network may be down, or this demo.',
  foreign: 'A proxy, a sign-in page or another version may stand in between.',
  failed: {
    unreachable: (tries: number) => `${tries} tries in a row got no answer.`,
    foreign: (tries: number) => `${tries} answers in a row were not from the API.`,
    unopened: (pods: number) => `${pods} pods in a row did not answer.`,
    stuck: (ms: number) => `A pod did not become ready in ${age(ms)}.`,
  },
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
  source: 'Source',
} as const

export const BUTTON = {
  wakesIn: (seconds: number) => `in ${seconds} s`,
  options: (how: string, recover: string) => `Options: it dies ${how}, then ${recover}`,
  get: 'Get a pod',
  terminate: 'Terminate pod',
  again: 'Terminate this one too',
  keep: 'Keep it',
  cancel: 'Cancel',
  failOver: 'Fail over instead',
  tryNow: 'Try now',
  tryAgain: 'Try again',
  watch: 'Watch the pool meanwhile',
} as const

export const HOW: Record<HowToDie, { label: string }> = {
  polite: { label: 'politely' },
  crash: { label: 'crash' },
  freeze: { label: 'freeze' },
}
export const RECOVER: Record<HowToRecover, { label: string }> = {
  failover: { label: 'fail over' },
  heal: { label: 'let Kubernetes heal' },
}

/** The mean of the last minute beside the last round trip. */
export const MEAN_BESIDE = (ms: string) => ` · mean ${ms}`

export const NUMBERS = {
  now: { label: 'Now' },
  p50: { label: 'p50' },
  p95: { label: 'p95' },
  p99: { label: 'p99' },
  mean: { label: 'Mean' },
  jitter: { label: 'Jitter' },
  unanswered: { label: 'Unanswered' },
  livedP99: { label: 'Lived p99' },
  error: { label: '± error' },
} as const

export const LEGS = {
  told: 'told',
  claimed: 'claimed',
  asked: 'asked',
  healed: 'healed',
  backoff: 'back-off',
  start: 'start',
  connected: 'connected',
  pong: 'first pong',
} as const

export const DIED: Record<HowToDie, string> = {
  polite: 'politely',
  crash: 'by a crash',
  freeze: 'by a freeze',
}

export const POOL = {
  title: 'Pool',
  warm: 'warm',
  starting: 'starting',
  empty: 'empty',
  inUse: 'in use',
  taken: 'taken',
  yours: 'yours',
  yoursNow: 'yours now, refill next',
  dying: 'dying',
  unconfirmed: 'unconfirmed',
  was: 'was',
  confirmed: (ms: number) => `confirmed ${age(ms)} ago`,
  summary: (target: number, warm: number, yours: boolean, others: readonly string[]) =>
    [`Target ${target} warm`, `${warm} warm${yours ? ', 1 yours' : ''}`, ...others].join(' · '),
  refilling: (count: number, first: string) => `refilling ${count} (${first})`,
  silent: (ms: number) => `No answer from the API for ${age(ms)}.`,
  past: (ms: number) => ` This is the pool of ${age(ms)} ago.`,
  unread: 'Reading the pool…',
  notRecovered: 'Refilling the pool since your pod died:',
  stuck: (problem: string) => `The pool is not refilling: ${problem}`,
  count: (warm: number | undefined, yours: boolean) => `${warm ?? BLANK} warm${yours ? ' + yours' : ''}`,
  recoveredAfter: (ms: number) =>
    `Pool refilled after ${about(ms)}. Without a warm pod you would have waited about that long.`,
} as const

export const CHART = {
  empty: `Round trips to your pod appear here, ${1_000 / LIMITS.pingMs} a second.`,
  unmeasured: 'No round trips yet.',
  table: 'Show as a table',
  hideTable: 'Hide the table',
  noPings: 'No pings yet',
  answered: (answered: number, sent: number) => `${answered} of ${sent} pings sent were answered`,
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
  paused: 'Measuring goes on; the picture stands still.',
  retryIn: 'Trying again in',
  anotherIn: 'You can get another in',
  anotherWithin: 'You can get another in at most',
  requestId: 'Request id',
  copyRequestId: 'Copy the request id',
  worked: (ms: number | undefined) =>
    ms === undefined ? 'the API has not answered in this visit' : `the API last answered ${age(ms)} ago`,
} as const

/** A part of the page that did not load or could not be drawn. */
export const FAILED_PART = {
  what: 'This part of the page failed.',
  reload: 'Reload the page',
  worker: 'The script that measures did not load. The page keeps trying.',
  redrawn: 'Drawing the page failed. It is drawn again.',
} as const

export const EVENTS = {
  title: 'Events',
  none: 'No events yet.',
  earlier: (n: number) => `${n} earlier`,
  unsaved: 'The samples were not saved, because a part of the page did not load.',
  saved: (samples: number) => `Saved ${samples} samples and the meaning of each field.`,
} as const
