/** The copy of the event log. A chunk of its own with the code that chooses the lines. */
import type { HowToDie } from '@warm-pods/core/api/contracts.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { about, age, duration } from '../lib/format.ts'
import { HEADLINE, UNDER } from './first-paint.ts'
import { DIED } from './kills.ts'

export const EVENT_LIST = {
  title: 'Events',
  none: 'No events yet.',
} as const

export const LOG = {
  asked: 'Asked for a pod.',
  claimed: (alias: string) => `Claimed ${alias}, taken warm.`,
  claimedCold: (alias: string) => `${alias} is ready, started for you alone.`,
  found: (alias: string) => `${alias} is your pod.`,
  cold: 'No warm pod left. A cold one is being started.',
  healing: 'Kubernetes is recreating your pod.',
  healedAs: (alias: string) => `Kubernetes recreated your pod: ${alias} replaces it.`,
  connected: (alias: string, ms?: number) =>
    ms === undefined ? `Connected to ${alias}.` : `Connected to ${alias} after ${duration(ms)}.`,
  refused: (message: string) => `The API answered: ${message.replace(/\.?$/, '.')} Trying again.`,
  reconnected: (alias: string) => `Connected to ${alias} again.`,
  blocked: HEADLINE.blocked,
  unreached: `${HEADLINE.idle.unreached} This browser could not open a WebSocket to it.`,
  cut: (alias: string) => `The connection to ${alias} was cut; trying the same pod again.`,
  joined: (alias: string, ms: number) =>
    `Connection cut; the same pod again after ${duration(ms)}: ${alias}.`,
  terminated: (alias: string, how: HowToDie) => `Terminated ${alias} ${DIED[how]}.`,
  told: (alias: string, ms: number, by: string) =>
    `Noticed after ${duration(ms)} that ${alias} was dead: ${by}.`,
  silent: (alias: string) => `${alias} stopped answering.`,
  lost: (alias: string) => `${alias} ended by itself.`,
  away: (ms: number) => `The network was down for ${age(ms)}.`,
  healedInto: (alias: string, of: string) => `Kubernetes made ${alias} to replace ${of}.`,
  recovered: (alias: string, ms: number, lost: number | undefined) =>
    `Connected to ${alias} after ${duration(ms)}${lost === undefined ? '' : `; ${lost} ${lost === 1 ? 'ping' : 'pings'} lost`}.`,
  poolRecovered: (ms: number) => `Pool refilled after ${about(ms)}.`,
  healed: (alias: string, ms: number) => `Kubernetes recreated the pod of ${alias}’s Job in ${about(ms)}.`,
  spared: (alias: string, reason: string) =>
    `${alias} was not terminated. ${reason || 'The request did not reach the API.'}`,
  noReceipt: (alias: string) => `The kill of ${alias} has no receipt: its session ended meanwhile.`,
  expiring: (ms: number) => `Your pod ends in ${age(ms)} unless you keep it.`,
  extended: 'You kept your pod.',
  expired: 'The lease ran out; your pod has ended.',
  elsewhere: 'Another tab took over this session.',
  asleep: 'Your pod ended while you were away.',
  offline: `Offline. ${UNDER.offline}`,
  unreachable: 'The demo does not answer; trying again.',
  foreign: 'The answer is not from the API; trying again.',
  exhausted: 'Every pod we may run is in use; waiting for one.',
  allHeld: HEADLINE.allHeld,
  tooMany: HEADLINE.tooMany,
  allowedIn: (ms: number) => `You can get the next one in ${age(ms)}.`,
  allowedWithin: (ms: number) => `You can get the next one in at most ${Math.ceil(ms / 1_000)} s.`,
  retryIn: (ms: number) => `Trying again in ${age(ms)}.`,
  failed: HEADLINE.failed,
  slow: (alias: string) => `${alias} is answering slowly.`,
  calm: (alias: string) => `${alias} is answering normally again.`,
  over: 'The session had ended; a new one begins.',
} as const

export const TOLD_BY = {
  terminating: 'it announced its end',
  closed: 'its socket closed',
  deadline: `${LIMITS.deadAfterPings} pings missed their deadline`,
} as const
