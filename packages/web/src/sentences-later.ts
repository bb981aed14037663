/** The sentences of the chapters that come after the first paint, so that they do not weigh on it. */
import { duration } from './format.ts'
import { DIED, LEGS } from './sentences.ts'
import type { Clock, ClockLeg, ClockName, Unknown } from './view/clocks-model.ts'
import type { Kill } from './visit/kill.ts'

/** The receipt's title. */
export function receiptTitle({ outage, to }: Kill): string {
  const how =
    outage.how === undefined
      ? `${outage.of.pod.alias} went away by itself`
      : `${outage.of.pod.alias} terminated ${DIED[outage.how]}`
  return `${how}, ${to.pod.alias} took over`
}

export const RECEIPT = {
  title: 'Receipt',
  recovery: {
    click: 'Recovery, click to first pong',
    itself: 'Recovery, noticed to first pong',
  },
  zero: { click: 'click', itself: 'noticed' },
  down: 'Down, last pong to first pong',
  lost: 'Pings due meanwhile, never answered',
  reported: 'Kubernetes’ own report of it:',
  earlier: 'Earlier in this visit',
} as const

export const CLOCKS = {
  title: 'Three clocks from one kill',
  titleItself: 'Three clocks from one death',
  why: 'Why each leg took that long',
  footnote:
    '≈ marks clocks that are not yours: refill’s, and Kubernetes’ own. That one writes whole seconds, so each of its legs can be a second off.',
  legs: (name: string) => `${name}, leg by leg`,
  times: (times: number) => `${times < 9.95 ? times.toFixed(1) : Math.round(times)} × as long`,
  names: {
    failover: 'Warm fail-over',
    cold: 'Cold start',
    heal: 'Kubernetes heals',
  } satisfies Record<ClockName, string>,
  lived: 'as you lived it',
  spared: {
    failover: '',
    cold: 'what it would have been without a pool: the pod that refilled your slot was timed, your own legs added',
    heal: 'what it would have been with a Job alone: the Job of the pod you killed was left to heal, and timed',
  } satisfies Record<ClockName, string>,
  unknown: {
    healed: 'you let Kubernetes heal this one, so no pod was taken from the pool',
    'none-warm': 'no warm pod was left to fail over to',
    'not-killed': 'Kubernetes is timed only when you terminate the pod',
    'not-reported': 'not reported within a minute',
    missed: 'nobody saw the whole start of the pod that refilled your slot',
  } satisfies Record<Unknown, string>,
} as const

/** What stands beside a clock's name. */
export function clockTells(clock: Clock): string {
  switch (clock.is) {
    case 'lived':
      return CLOCKS.lived
    case 'measured':
    case 'running':
      return CLOCKS.spared[clock.name]
    case 'unknown':
      return CLOCKS.unknown[clock.why]
    default:
      return clock satisfies never
  }
}

/** The time so far of a clock that runs. @param sinceMs since the click: the report may come later than what it reports. */
export function runningTotal(totalMs: number, sinceMs: number): string {
  return sinceMs > totalMs + 1_500
    ? `over ${(totalMs / 1_000).toFixed(1)} s, not reported yet`
    : `${(totalMs / 1_000).toFixed(1)} s, still running`
}

/** What a leg is called. */
export function legName({ name }: ClockLeg): string {
  switch (name) {
    case 'scheduled':
    case 'network':
    case 'ready':
      return name
    case 'started':
      return 'container'
    default:
      return LEGS[name]
  }
}

/** Why a leg took what it took, in one line. */
export function legWhy({ name }: Pick<ClockLeg, 'name'>, kill: Pick<Kill, 'outage'>): string {
  const { outage } = kill
  switch (name) {
    case 'told':
      return toldWhy(outage)
    case 'claimed':
      if (outage.unreached) return 'The API could not be reached at first; then it gave you another warm pod.'
      return outage.how === 'freeze'
        ? 'The API deleted the frozen pod and gave you a warm one: one conditional write, no Kubernetes in between.'
        : 'The API gave you another warm pod: one conditional write, no Kubernetes in between.'
    case 'asked':
      return 'No warm pod was left, so the API created a Job.'
    case 'healed':
      return 'Back-off and start of the Job’s new pod, of which no single step was reported.'
    case 'backoff':
      return 'The Job controller waits 10 s before it replaces a failed pod, twice as long after each further failure. Nothing happens in this time.'
    case 'start':
      return 'Asked for, scheduled, container started, first successful probe.'
    case 'scheduled':
      return 'The scheduler chose a node.'
    case 'network':
      return 'The node made the pod’s sandbox and gave it an address.'
    case 'started':
      return 'The image was there, the container was started.'
    case 'ready':
      return 'Node started, listened, and the first probe found it; probes come once a second.'
    case 'connected':
      return 'A new WebSocket through the gateway to the next pod.'
    case 'pong':
      return 'One ping there and back.'
    default:
      return name satisfies never
  }
}

function toldWhy({ how, toldBy }: Kill['outage']): string {
  switch (toldBy) {
    case 'terminating':
      return 'The pod said “terminating” before it went.'
    case 'closed':
      return how === 'freeze' ? 'Its socket closed.' : 'The socket broke, and the browser noticed at once.'
    default:
      return 'A frozen pod says nothing, so three pings had to miss their deadline.'
  }
}

export const COMPARISON = {
  title: 'The same over all your kills, and for everyone',
  columns: ['', 'This kill', 'All of yours, median', 'Everyone in 24 h, median'],
  everyone: {
    failover: 'kill to first pong, as their browsers said',
    cold: 'start alone: asked for to Ready',
    heal: 'dead to Ready alone',
  } satisfies Record<ClockName, string>,
  of: (n: number) => `n = ${n}`,
} as const

/** A median with how many it is of. */
export function median(ms: number, approximate: boolean): string {
  return `${approximate ? '≈ ' : ''}${duration(ms)}`
}
