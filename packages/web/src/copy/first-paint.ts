/**
 * Every sentence that may be needed for the first paint, except the text of index.html; those of later chapters stand in
 * sentences-later.ts. "Terminate" is the verb throughout.
 */
import type { HowToDie, HowToRecover, Progress, Session } from '@warm-pods/core/api/contracts.ts'
import { about, age, BLANK, duration, inMillis, percent } from '../lib/format.ts'
import type { ToldBy } from '../probe/protocol.ts'
import type { NumberName, Reading } from '../probe/statistics.ts'
import { apportion, type Leg } from '../visit/state/legs.ts'
import { isHealing, type Phase, podOf } from '../visit/state/phase.ts'
import type { Recovery } from '../visit/state/recovery.ts'
import type { Visit } from '../visit/state/reducer.ts'

/** Text with the names of pods marked, so that they can be set in the pod's colour. */
export type RichText = readonly (string | { readonly pod: string })[]

/** A sentence as plain text, for logs and screen readers. */
export function plain(sentence: RichText): string {
  return sentence.map((part) => (typeof part === 'string' ? part : part.pod)).join('')
}

const pod = (alias: string | undefined): { pod: string } => ({ pod: alias ?? 'your pod' })

/** The headline of a visit. */
export function headline(visit: Visit): RichText {
  const { phase } = visit
  const mine = pod(podOf(phase)?.alias)
  switch (phase.status) {
    case 'idle':
      return [IDLE[phase.why].headline]
    case 'requesting':
      return ['Claiming a pod…']
    case 'provisioning':
      return phase.session.state === 'recovering'
        ? ['Kubernetes is healing your pod…']
        : ['No warm pod left, so you get a cold one.']
    case 'connecting':
      return ['Connecting to ', mine, '…']
    case 'live': {
      const recovery = lastRecovery(visit)
      if (recovery) return ['Back in ', duration(recovery.totalMs), '. You hold ', mine, '.']
      return ['You hold ', mine, ORIGINS[originOf(phase.session)]]
    }
    case 'degraded':
      return [mine, ' is answering slowly.']
    case 'expiring':
      return phase.atLimit ? ['Your pod is given up soon.'] : ['Your pod is given up in']
    case 'terminating':
      return ['You terminated ', mine, '.']
    case 'recovering':
      if (!isHealing(phase)) return ['Getting you another pod…']
      return phase.step === 'connecting'
        ? ['Kubernetes healed ', pod(phase.outage.of.pod.alias), '. Connecting…']
        : ['Waiting for Kubernetes to heal ', pod(phase.outage.of.pod.alias), '…']
    case 'lost':
      return [
        pod(phase.outage.of.pod.alias),
        phase.outage.toldBy === 'deadline' ? ' stopped answering.' : ' went away by itself.',
      ]
    case 'exhausted':
      return ['Every pod we may run is in use.']
    case 'limited':
      return [phase.atMost ? 'Your network already holds three pods.' : 'That was a lot of pods.']
    case 'asleep':
      return ['Your pod was given up while you were away.']
    case 'offline':
      return [phase.why === 'event' ? 'You are offline.' : 'Nothing answers from here.']
    case 'failed':
      return ['This demo is down.']
    default:
      return phase satisfies never
  }
}

/**
 * Where the pod of a session came from, as far as the session tells. A heal keeps the source of the pod before it, and a
 * fail-over from the pool is `rescued`: so after the first pod only `cold` still speaks of the pod that is held.
 */
export function originOf({ source, epoch }: Session): keyof typeof ORIGINS {
  if (source === 'cold') return 'cold'
  return epoch === 1 ? 'warm' : 'later'
}

const ORIGINS = {
  warm: ', one of four warm pods.',
  cold: ', started for you alone.',
  later: '.',
} as const

const IDLE = {
  unseen: { headline: 'A pod is waiting for you.', under: 'It is claimed when you look at this tab.' },
  expired: {
    headline: 'Your pod was given up.',
    under: 'Its lease ran out, so it was ended. You can take another.',
  },
  cancelled: {
    headline: 'A pod is waiting for you.',
    under: 'You cancelled the last one before it was ready.',
  },
  elsewhere: {
    headline: 'Your pod is open in another tab.',
    under: 'One session has one socket, and the newer one keeps it.',
  },
} as const

/** The newest receipt, while its replacement is the pod that is held. */
export function lastRecovery({ recoveries, phase }: Visit): Recovery | undefined {
  const recovery = recoveries[0]
  return recovery &&
    'session' in phase &&
    recovery.to.epoch === phase.session.epoch &&
    recovery.to.id === phase.session.id
    ? recovery
    : undefined
}

/** The line under the headline, without the clocks that run in it. */
export function underline(visit: Visit): string {
  const { phase } = visit
  switch (phase.status) {
    case 'idle':
      return IDLE[phase.why].under
    case 'requesting':
      return phase.attempt > 1
        ? `Usually well under a second. This is try ${phase.attempt}.`
        : 'Usually well under a second.'
    case 'provisioning':
      return phase.session.state === 'recovering'
        ? healingLine(phase.session.progress)
        : stepsLine(phase.session.progress)
    case 'connecting':
      return phase.attempt > 1 ? `It did not answer in time; try ${phase.attempt}.` : CONNECTING[phase.step]
    case 'live': {
      const recovery = lastRecovery(visit)
      if (recovery) return `${capital(legsLine(recovery.legs))}.`
      const first = visit.first ? `First pong ${duration(visit.first.ms)} after asking. ` : ''
      return `${first}Kill it and watch another take over.`
    }
    case 'degraded':
      return phase.slow.by === 'latency'
        ? `p95 ${Math.round(phase.slow.p95Ms)} ms. It could be your network: other tabs, Wi-Fi, VPN.`
        : `${percent(phase.slow.share)} of its pings stayed unanswered. It could be your network: other tabs, Wi-Fi, VPN.`
    case 'expiring':
      return phase.atLimit
        ? 'This is as long as anyone may keep one. You can take another afterwards.'
        : 'Nobody may keep one unasked. Keep it, and nothing else changes.'
    case 'terminating':
      return TERMINATING[phase.outage.how ?? 'polite']
    case 'recovering':
    case 'lost':
      return replacingLine(phase)
    case 'exhausted':
      return 'The longest anyone may keep one is 30 minutes.'
    case 'limited':
      return phase.atMost
        ? 'That is as many as one network may hold, so that there are some for everyone.'
        : `${phase.message} The limit keeps the demo alive for everyone.`
    case 'asleep':
      return 'Two minutes out of sight, and a pod is ended; a new one fills its place.'
    case 'offline':
      return phase.why === 'event'
        ? 'The graph resumes by itself.'
        : 'Neither the API nor a pod can be reached; it may be your network or this demo.'
    case 'failed':
      return FAILED[phase.reason] ?? phase.reason
    default:
      return phase satisfies never
  }
}

const CONNECTING = {
  opening: 'The address is known, the socket is opening.',
  rerouting: 'Asking for its address again.',
  rejoining: 'Something answers again; asking for its address.',
} as const
const TERMINATING: Record<HowToDie, string> = {
  polite: 'The API deletes it; it should say goodbye.',
  crash: 'It ends itself without a word; the socket should break.',
  freeze: 'It stops answering. Only missing pongs can tell.',
}
const FAILED: Record<string, string> = {
  unreachable: 'Six tries in a row, and nothing answered.',
  unopened: 'Six pods in a row, and none of them answered.',
  stuck: 'A pod did not become ready in 90 seconds.',
}

function replacingLine(phase: Extract<Phase, { replacing: number }>): string {
  const lead = phase.status === 'lost' ? 'Same machinery, no button needed. ' : ''
  switch (phase.step) {
    case 'claiming':
      return `${lead}Asking for the next one.`
    case 'starting':
      return (
        lead +
        (isHealing(phase)
          ? healingLine(phase.session.progress)
          : `No warm pod left, so a cold one starts: ${stepsLine(phase.session.progress)}`)
      )
    case 'connecting':
      return isHealing(phase)
        ? `${lead}The Job’s new pod is ${phase.session.pod?.alias ?? 'ready'}; the socket is opening.`
        : `${lead}Claimed ${phase.session.pod?.alias ?? 'one'}, connecting.`
    default:
      return phase.step satisfies never
  }
}

function healingLine(progress: Progress | undefined): string {
  return progress?.some(({ step, at }) => step === 'created' && at !== null)
    ? `The Job has a new pod: ${stepsLine(progress)}`
    : 'The Job controller waits 10 s before it replaces a failed pod, twice as long after each further failure.'
}

const STEPS = {
  created: { done: 'created', now: 'asking the cluster' },
  scheduled: { done: 'scheduled', now: 'scheduling' },
  network: { done: 'network', now: 'giving it a network' },
  started: { done: 'container started', now: 'starting container' },
  ready: { done: 'ready', now: 'waiting until it is ready' },
} as const

/** `✓ created ✓ scheduled · starting container`: only what the cluster has reported is ticked. */
export function stepsLine(progress: Progress | undefined): string {
  const steps = progress ?? []
  const done = steps.filter(({ at }) => at !== null).map(({ step }) => `✓ ${STEPS[step].done}`)
  const problem = steps.find((step) => step.problem !== undefined)?.problem
  return [...done, stepNow(progress), ...(problem ? [problem] : [])].join(' · ')
}

/** What a starting pod is at, in a word or three. */
export function stepNow(progress: Progress | undefined): string {
  const pending = (progress ?? []).find(({ at }) => at === null)
  if (!progress) return STEPS.created.now
  return pending ? STEPS[pending.step].now : 'routing'
}

export const BUTTON = {
  get: 'Get a pod',
  terminate: 'Terminate pod',
  again: 'Terminate this one too',
  keep: 'Keep it',
  cancel: 'Cancel',
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

export const NUMBERS: Record<NumberName, { label: string }> = {
  now: { label: 'Now' },
  p50: { label: 'p50' },
  p95: { label: 'p95' },
  p99: { label: 'p99' },
  mean: { label: 'Mean' },
  jitter: { label: 'Jitter' },
  unanswered: { label: 'Unanswered' },
  livedP99: { label: 'Lived p99' },
  error: { label: '± error' },
}

export const LEGS: Record<Leg['name'], string> = {
  told: 'told',
  claimed: 'claimed',
  asked: 'asked',
  healed: 'healed',
  backoff: 'back-off',
  start: 'start',
  connected: 'connected',
  pong: 'first pong',
}

/**
 * Legs as they are printed: all in the unit in which {@link duration} prints their total, and they add up to it.
 */
export function printLegs(legs: readonly Leg[]): { name: Leg['name']; ms: number; text: string }[] {
  const total = legs.reduce((sum, { ms }) => sum + ms, 0)
  const inMs = inMillis(total)
  const shares = apportion(
    legs.map(({ ms }) => ms),
    inMs ? 1 : 10,
  )
  return legs.map(({ name }, i) => {
    const ms = shares[i] ?? 0
    return { name, ms, text: legText(ms, inMs) }
  })
}

/** A leg that this browser timed, rounded to the unit it is printed in. */
export function legText(ms: number, inMs: boolean): string {
  if (inMs) return `${ms} ms`
  return ms === 0 ? 'under 0.01 s' : `${(ms / 1_000).toFixed(2)} s`
}

function legsLine(legs: readonly Leg[]): string {
  return printLegs(legs)
    .map(({ name, text }) => `${LEGS[name]} ${text}`)
    .join(' · ')
}

export const DIED: Record<HowToDie, string> = {
  polite: 'politely',
  crash: 'by a crash',
  freeze: 'by a freeze',
}

export const LOG = {
  asked: 'Asked for a pod.',
  claimed: (alias: string, source: string) =>
    source === 'cold' ? `${alias} is ready, started for you alone.` : `Claimed ${alias}, taken warm.`,
  found: (alias: string) => `${alias} is your pod.`,
  cold: 'No warm pod left. A cold one is being started.',
  healing: 'Kubernetes is healing your pod.',
  healedAs: (alias: string) => `Kubernetes healed your pod: ${alias} stands in its place.`,
  connected: (alias: string, ms: number) => `Connected to ${alias} after ${duration(ms)}.`,
  reconnected: (alias: string) => `Connected to ${alias} again.`,
  terminated: (alias: string, how: HowToDie) => `Terminated ${alias} ${DIED[how]}.`,
  told: (alias: string, ms: number, by: string) =>
    `Knew after ${duration(ms)} that ${alias} was dead: ${by}.`,
  lost: (alias: string, by: ToldBy | undefined) =>
    by === 'deadline' ? `${alias} stopped answering.` : `${alias} went away by itself.`,
  away: (ms: number) => `The network was away for ${age(ms)}.`,
  healedInto: (alias: string, of: string) => `Kubernetes made ${alias} in the place of ${of}.`,
  recovered: (alias: string, ms: number, lost: number) =>
    `Connected to ${alias} after ${duration(ms)}; ${lost} ${lost === 1 ? 'ping' : 'pings'} lost.`,
  poolRecovered: (ms: number) => `Pool whole again after ${about(ms)}.`,
  healed: (alias: string, ms: number) => `Kubernetes healed the Job of ${alias} in ${about(ms)}.`,
  spared: (alias: string, reason: string) =>
    `${alias} lives on. ${reason || 'The order to terminate it did not get through.'}`,
  expiring: 'Your pod is given up in half a minute, unless you keep it.',
  extended: 'You kept your pod.',
  expired: 'The lease ran out; your pod was given up.',
  elsewhere: 'Another tab took over this session.',
  asleep: 'Your pod was given up while you were away.',
  offline: 'Offline. The graph resumes by itself.',
  unreachable: 'Nothing answers; trying again.',
  exhausted: 'Every pod we may run is in use; waiting for one.',
  limited: (ms: number, { atMost, promised }: { atMost: boolean; promised: boolean }) =>
    `${atMost ? 'Your network already holds three pods.' : 'That was a lot of pods.'} ${
      promised ? `The next one can be had in ${age(ms)}.` : `Trying again in ${age(ms)}.`
    }`,
  failed: 'This demo is down.',
  slow: (alias: string) => `${alias} is answering slowly.`,
  calm: (alias: string) => `${alias} is answering normally again.`,
  over: 'The session was over; a new one begins.',
} as const

export const TOLD_BY = {
  terminating: 'it said so',
  closed: 'its socket closed',
  deadline: 'three pings missed their deadline',
} as const

/** The chart in a sentence, for its accessible name. */
export function chartSummary(p50: Reading, p95: Reading, outagesMs: readonly number[]): string {
  if (p50.value === undefined) return 'Last 60 seconds of round trips: not enough pings for numbers yet.'
  const tail = p95.value === undefined ? '' : `, p95 ${Math.round(p95.value)}`
  const outages =
    outagesMs.length === 0
      ? 'no outage'
      : `${outagesMs.length === 1 ? 'one outage' : `${outagesMs.length} outages`} of ${outagesMs.map(duration).join(' and ')}`
  return `Last 60 seconds of round trips: median ${p50.value.toFixed(p50.value < 10 ? 1 : 0)}${tail} milliseconds, ${outages}.`
}

export const POOL = {
  warm: 'warm',
  starting: 'starting',
  empty: 'empty',
  inUse: 'in use',
  somebodys: 'somebody’s',
  yours: 'yours',
  yoursNow: 'yours now, refill next',
  dying: 'dying',
  summary: (target: number, warm: number, yours: boolean, refilling: readonly string[]) =>
    [
      `Target ${target} warm`,
      `${warm} warm${yours ? ', 1 yours' : ''}`,
      ...(refilling.length > 0 ? [`refilling ${refilling.length} (${refilling[0]})`] : []),
    ].join(' · '),
  silent: (ms: number) => `The pool has not been read for ${age(ms)}.`,
  unread: 'Reading the pool…',
  notRecovered: 'Not whole since your pod died, for',
  stuck: (problem: string) => `The pool is not progressing: ${problem}`,
  count: (warm: number | undefined, yours: boolean) => `${warm ?? BLANK} warm${yours ? ' + yours' : ''}`,
  recoveredAfter: (ms: number) =>
    `Pool whole again after ${about(ms)}. That is about how long you would have waited without a warm pod.`,
} as const

export const CHART = {
  empty: 'Round trips to your pod appear here, four a second.',
  unmeasured: 'No round trips yet.',
  table: 'The same as a table',
  hideTable: 'Hide the table',
  noPings: 'No pings yet',
  answered: (answered: number, sent: number) => `${answered} of ${sent} pings sent were answered`,
  columns: ['Seconds ago', 'Median', 'Largest', 'Unanswered'],
} as const

export const WAIT = {
  paused: 'Measuring goes on; the picture stands still.',
  retryIn: 'Trying again in',
  anotherIn: 'You can take another in',
  requestId: 'Request id',
  copyRequestId: 'Copy the request id',
  worked: (ms: number | undefined) =>
    ms === undefined ? 'not seen working in this visit' : `last seen working ${age(ms)} ago`,
} as const

export const EVENTS = {
  title: 'Events',
  none: 'Nothing has happened yet.',
  earlier: (n: number) => `${n} earlier`,
  saved: (samples: number) => `${samples} samples are saved, with what each of them means.`,
} as const

/** A reading in the table of 5-second buckets. */
export function bucketCell(ms: number | undefined): string {
  return ms === undefined ? BLANK : `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
