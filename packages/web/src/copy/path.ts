/** The copy of rare waits, above all for a socket that cannot be opened or was cut. A chunk of its own. */
import { LIMITS } from '@warm-pods/core/limits.ts'
import { age } from '../lib/format.ts'

const ENDS = `A pod without a socket ends itself after ${age(LIMITS.socketIdleMs)}.`
const HELP = 'Try another network, switch off a VPN or proxy, or ask your administrator to allow WebSockets.'

export const PATH = {
  cut: 'The connection was cut. The page tries the same pod again.',
  answers:
    'The API reaches your pod, so the fault is between this browser and the gateway. The page keeps trying.',
  unknown: 'The API could not check your pod. The page keeps trying.',
  gatewayDown: `The gateway to the pods does not answer. The page keeps trying. ${ENDS}`,
  refused: `The page reaches the API, but no WebSocket from this browser gets through. ${HELP} ${ENDS}`,
  cutAgain: `Each WebSocket to your pod opens and is cut soon after. ${HELP} ${ENDS}`,
  ended: HELP,
  lease: 'Its lease ends in',
} as const

export const WAIT_HELP = {
  backoff: (ms: number, atLeast: boolean) =>
    `The Job controller waits ${atLeast ? 'at least ' : ''}${ms / 1_000} s before it replaces this pod: 10 s, doubled with each failure of the Job.`,
  refused: (message: string, attempt: number) =>
    `The API answered: ${message.replace(/\.?$/, '.')} This is try ${attempt}.`,
} as const
