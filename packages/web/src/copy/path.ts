/** The copy of rare states, above all for a socket that cannot be opened or was cut. A chunk of its own. */
import { LIMITS } from '@warm-pods/core/limits.ts'
import { about, age, percent } from '../lib/format.ts'

const ENDS = `A pod without a socket ends itself after ${age(LIMITS.socketIdleMs)}.`
const TRY = 'Try another network, switch off a VPN or proxy, or ask your administrator to allow WebSockets.'

export const PATH = {
  cut: 'The connection was cut. The page tries the same pod again.',
  answers:
    'The API reaches your pod, so the fault is between this browser and the gateway. The page keeps trying.',
  unknown: 'The API could not check your pod. The page keeps trying.',
  gatewayDown: `The gateway to the pods does not answer. The page keeps trying. ${ENDS}`,
  refused: `The page reaches the API, but no WebSocket from this browser gets through. ${TRY} ${ENDS}`,
  cutAgain: `Each WebSocket to your pod opens and is cut soon after. ${TRY} ${ENDS}`,
  lease: 'Its lease ends in',
} as const

const NETWORK = 'Your network may be the cause: other tabs, Wi-Fi, a VPN.'

/** The line under the headline in rare states. */
export const HELP = {
  idle: {
    expired: 'Its lease ran out. You can get another.',
    cancelled: 'You cancelled the start of the last one.',
    elsewhere: 'Only one tab can hold a pod, and the newest tab has it.',
    unreached: `This browser could not open a WebSocket to it. ${TRY}`,
  },
  slow: (p95Ms: number) => `p95 ${Math.round(p95Ms)} ms. ${NETWORK}`,
  silent: (share: number) => `${percent(share)} of its pings stayed unanswered. ${NETWORK}`,
  exhausted: `A visitor may hold one for at most ${age(LIMITS.lifetimeMs)}.`,
  allHeld: 'That is the limit for one network, so that others get one too. Close another tab, or wait.',
  tooMany: 'The limit leaves pods for everyone.',
  asleep: `After ${age(LIMITS.hiddenMs)} in a hidden tab the page gives the pod back. You can get another.`,
  failed: {
    unreachable: (tries: number) => `${tries} tries in a row got no answer.`,
    foreign: (tries: number) => `${tries} answers in a row were not from the API.`,
    unopened: (pods: number) => `${pods} pods in a row did not answer.`,
    stuck: (ms: number) => `A pod did not become ready in ${age(ms)}.`,
  },
} as const

/** The end of the line under the headline, before a countdown. */
export const RETRY = {
  in: 'Trying again in',
  anotherIn: 'You can get another in',
  anotherWithin: 'You can get another in at most',
} as const

/** Below the pool. */
export const POOL_NOTES = {
  notRecovered: 'Refilling for',
  recoveredAfter: (ms: number) => `Pool refilled after ${about(ms)}.`,
  silent: (ms: number) => `No answer from the API for ${age(ms)}.`,
  past: (ms: number) => ` This is the pool of ${age(ms)} ago.`,
  stuck: (problem: string) => `The pool is not refilling: ${problem}`,
} as const

/** After a failure that no retry mends. */
export const FAILURE = {
  requestId: 'Request id',
  copyRequestId: 'Copy the request id',
  worked: (ms: number | undefined) =>
    ms === undefined ? 'the API has not answered in this visit' : `the API last answered ${age(ms)} ago`,
} as const

export const WAIT_HELP = {
  backoff: (ms: number, atLeast: boolean) =>
    `The Job controller waits ${atLeast ? 'at least ' : ''}${ms / 1_000} s before it replaces this pod: 10 s, doubled with each failure of the Job.`,
  refused: (message: string, attempt: number) =>
    `The API answered: ${message.replace(/\.?$/, '.')} This is try ${attempt}.`,
} as const
