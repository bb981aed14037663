/** The sentences of the chapters that come after the first paint, so that they do not weigh on it. */
import type { HowToDie, HowToRecover, Pod, Pool } from '@warm-pods/core/api/contracts.ts'
import type { Hello } from '@warm-pods/core/socket.ts'
import { BLANK, duration } from '../lib/format.ts'
import type { NumberName, Reading } from '../probe/statistics.ts'
import type { Clock, ClockLeg, ClockName, Unknown } from '../receipt/clocks-model.ts'
import type { Status } from '../visit/state/phase.ts'
import type { Recovery } from '../visit/state/recovery.ts'
import { DIED, LEGS, NUMBERS } from './first-paint.ts'

/** Who has the session now, and whose doing that is. */
export function successor(recover: HowToRecover, alias: string): string {
  return recover === 'heal' ? `Kubernetes replaced it with ${alias}` : `${alias} took over`
}

/** The receipt's title. */
export function receiptTitle({ outage, to }: Recovery): string {
  const how =
    outage.how === undefined
      ? `${outage.of.pod.alias} went away by itself`
      : `${outage.of.pod.alias} terminated ${DIED[outage.how]}`
  return `${how}, ${successor(outage.recover, to.pod.alias)}`
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
export function legWhy({ name }: Pick<ClockLeg, 'name'>, recovery: Pick<Recovery, 'outage'>): string {
  const { outage } = recovery
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

function toldWhy({ how, toldBy }: Recovery['outage']): string {
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
  columns: ['This kill', 'All of yours, median', 'Everyone in 24 h, median'],
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

const PLACES: Record<string, string> = {
  'us-east-1': 'Virginia',
  'us-east-2': 'Ohio',
  'us-west-1': 'California',
  'us-west-2': 'Oregon',
  'eu-central-1': 'Frankfurt',
  'eu-west-1': 'Ireland',
  'eu-west-2': 'London',
  'eu-north-1': 'Stockholm',
  'ap-southeast-2': 'Sydney',
  'ap-northeast-1': 'Tokyo',
}

/** Where the pods run, said as what it is: the starter's own engine and the simulator name themselves so. */
export function runsOn(cluster: Pool['cluster']): string {
  const { name, region, version } = cluster
  const speaks = version ?? BLANK
  if (isLocal(cluster))
    return `Local engine on one machine, no cluster; it speaks the API of Kubernetes ${speaks}`
  if (name === 'simulated') return 'A simulation in this browser: no cluster, no network, no pods'
  const place = PLACES[region]
  const where = region === '-' ? 'region not told' : place ? `${region} (${place})` : region
  return `Kubernetes ${speaks} · cluster ${name} · ${where}`
}

/** A digest of 64 digits is told by its first 12, as docker prints it. */
export function shortImage(image: string): string {
  return image.replace(/(sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1…')
}

export const RUNNING = {
  title: 'What is running',
  image: 'pods from',
  release: 'page',
  unreleased: 'unreleased build',
  source: 'source',
  built: 'Built with',
} as const

/** The state of the visit in a word, for the pill. */
export const PILL: Record<Status, string> = {
  idle: 'no pod',
  requesting: 'claiming',
  provisioning: 'starting',
  connecting: 'connecting',
  live: 'connected',
  degraded: 'connected, slow',
  terminating: 'terminating',
  recovering: 'down, recovering',
  lost: 'down, recovering',
  exhausted: 'waiting',
  limited: 'waiting',
  expiring: 'connected, ends soon',
  asleep: 'no pod',
  offline: 'offline',
  failed: 'failed',
}

export const CLAIM = {
  simulated: 'A simulated claim: no pod in it was real.',
  title: 'Your claim',
  copy: 'Copy',
  copied: 'Copied',
  lead: 'What the API did between your question and its answer, by its own clock; the way there and back is not in it.',
  none: 'There is no claim yet.',
  healed:
    'Kubernetes has healed your pod since: that was no claim, so these stages are those of the pod before it.',
  stages: {
    read: 'Your session, the pool and your network’s count, read side by side.',
    take: 'One conditional write that turns a warm slot into a claimed one.',
    record: 'Your session is written, and refill is woken.',
    create: 'A Job is asked for in Kubernetes.',
  } as Record<string, string>,
  outcomes: {
    warm: 'a warm pod',
    empty: 'no warm pod: one was started',
    contention: 'warm pods, each taken first by others',
    capacity: 'no warm pod and no room for another',
  },
  facts: {
    outcome: 'Found',
    candidates: 'Warm slots seen',
    tries: 'Tries',
    conflicts: 'Races lost to others',
    epoch: 'Epoch',
    pod: 'Pod',
    total: 'In all',
  },
} as const

/** A stage of the API, two decimals under 10 ms as it reports them. */
export function stageMs(ms: number): string {
  return `${ms < 9.995 ? ms.toFixed(2) : ms < 99.95 ? ms.toFixed(1) : Math.round(ms)} ms`
}

export const FORECAST = {
  title: 'Forecast against measured',
  lead: 'Erlang-B, the formula of telephone exchanges: a slot is busy while its next pod starts, and whoever finds all four busy gets a cold start.',
  predicted: (slots: number) => `Served warm, predicted for ${slots} slots`,
  measured: 'Served warm, measured',
  oneMore: 'One more slot would give',
  load: (f: { perMinute: number; visitors: number | undefined; failovers: number | undefined }) =>
    f.visitors === undefined
      ? `${f.perMinute.toFixed(2)} arrivals a minute in the last hour`
      : `${f.perMinute.toFixed(2)} arrivals a minute in the last hour: ${f.visitors} ${f.visitors === 1 ? 'visitor' : 'visitors'} and ${f.failovers ?? 0} ${f.failovers === 1 ? 'fail-over' : 'fail-overs'}, each of which takes a slot`,
  start: (ms: number | undefined, n: number | undefined) =>
    ms === undefined
      ? 'No start was timed in the last hour.'
      : `A start takes ≈ ${(ms / 1_000).toFixed(2)} s on average (n = ${n ?? BLANK}).`,
  needs: (needs: number, has: number, of: 'arrivals' | 'visitors') => `needs ${needs} ${of}, ${has} so far`,
} as const

/** A share that is never rounded up to certainty. */
export function share(of: number): string {
  if (of > 0.9995 && of < 1) return 'over 99.9 %'
  return `${(of * 100).toFixed(1)} %`
}

/** Whether the pods are the starter's own processes: it says so by name and region. */
function isLocal({ name, region }: Pool['cluster']): boolean {
  return name === 'local' && region === 'local'
}

export const CHECK = {
  title: 'Check us',
  lead: {
    cluster:
      'Nothing here has to be believed: these are the pods by the names that Kubernetes gave them, and what the API really answered.',
    context:
      'Nothing here has to be believed: these are the pods by the names that Kubernetes gave them, and what the API really answered.',
    local:
      'Nothing here has to be believed: these are the pods by the names that the local engine gave them, and what the API really answered.',
    simulated:
      'This is a simulation, so there is nothing to check but the simulation: no cluster knows these pods.',
  } satisfies Record<Kind, string>,
  close: 'Close',
  pods: 'Old and new',
  columns: ['The pod you hold', 'The one before it'],
  noPod: 'You hold no pod just now.',
  fields: {
    alias: 'called',
    name: 'name',
    uid: 'UID',
    node: 'node',
    zone: 'zone',
    ip: 'address',
    startedAt: 'started',
  },
  aliasesAgree:
    'What they are called follows from their UIDs: worked out again in your browser just now, with the same result.',
  aliasesDiffer:
    'What they are called should follow from their UIDs, but this page works out other names: it is of another release than the API.',
  kubectl: 'The same with kubectl',
  kubectlLead: 'For whoever has access to the cluster.',
  kubectlLocal:
    'For whoever started this. The start printed a kubeconfig: add --kubeconfig and that path to each line.',
  answers: 'What the API answered',
  answersLead:
    'The last answers, newest first, each as it came but for line breaks. Tokens are struck out; your secret is in no answer.',
  noRequestLog: 'This is a simulation: nothing was asked over the network, so there are no answers to show.',
  silence: 'no answer',
  empty: '(no body)',
} as const

/** Whether the pod itself agrees with the API about who it is. */
export function ownWord({ uid }: Pick<Pod, 'uid'>, hello: Hello | undefined): string {
  if (!hello) return 'The pod has not said on its own socket who it is.'
  return hello.uid === uid
    ? `The pod says the same of itself: on its own socket, past the API, it gave this UID, and ${hello.image} as what it was made from.`
    : `The pod on the socket gives another UID than the API: ${hello.uid}.`
}

export const KUBECTL = {
  uid: 'The UID of the pod you hold.',
  yours:
    'Your Job and your pod, and the Job you left until it has healed: a claim is mirrored onto their labels.',
  events: 'What Kubernetes wrote about the pod before it; events are kept for an hour.',
} as const

export const HINTS: Record<HowToDie | HowToRecover, string> = {
  polite: 'It is deleted, says “terminating” and closes its socket.',
  crash: 'Its process ends at once. The socket breaks without a word.',
  freeze: 'It stays connected and says nothing. Only the deadline finds out.',
  failover: 'Another warm pod takes over at once.',
  heal: 'You wait while the Job controller replaces the pod: about 12 s, 10 of them its own back-off.',
}

export const MEANS: Record<NumberName, string> = {
  now: 'Round trip of the last answered ping, less the time the pod held it.',
  p50: 'Half of the answered pings of the last 60 s were faster. Linear interpolation at rank (n − 1)·p.',
  p95: '95 of 100 answered pings of the last 60 s were faster.',
  p99: '99 of 100 answered pings of the last 60 s were faster. Pings nobody answered are not in it; “lived p99” has them.',
  mean: 'Arithmetic mean of the last 60 s. One spike can own it.',
  jitter:
    'RFC 3550: each change between neighbouring round trips moves it by a sixteenth. Both directions are in it; it starts anew with each pod.',
  unanswered:
    'Pings to this pod, in the last 60 s and since its socket opened, that missed their deadline of a second or more. TCP resends lost packets, so packet loss appears here as a late pong.',
  livedP99:
    'p99 over the schedule: a ping that was due during an outage counts from when it was due until the next pong. This is what you lived through; p99 is what most tools print.',
  error: 'This page’s own error: how late its worker woke for a ping, p99 of the last 60 s.',
}

/** What a number means, and what it waits for while it is blank. */
export function meaning(name: NumberName, reading: Reading | undefined): string {
  const { label } = NUMBERS[name]
  const mean = name === 'now' ? ` ${NUMBERS.mean.label}: ${MEANS.mean}` : ''
  const blank =
    reading && reading.value === undefined
      ? ` ${label} needs ${reading.needs} ${reading.needs === 1 ? 'ping' : 'pings'}, ${reading.has} so far.`
      : ''
  return `${label}: ${MEANS[name]}${mean}${blank}`
}

export const KEYS: readonly (readonly [string, string])[] = [
  ['K', 'terminate the pod'],
  ['Space', 'pause or resume the picture'],
  ['← →', 'walk the points of the chart'],
  ['E', 'download the samples and kills as JSON'],
  ['?', 'show or hide this list'],
]

/**
 * What stands behind the page: AWS and a cluster; the starter on one machine, with pods in a cluster (`context`) or its own
 * engine (`local`); or a simulation.
 */
export type Kind = 'cluster' | 'context' | 'local' | 'simulated'

/** @returns what the API's own words make of it. */
export function kindOf(cluster: Pool['cluster']): Kind {
  if (isLocal(cluster)) return 'local'
  if (cluster.name === 'simulated') return 'simulated'
  return cluster.apiRegion === 'local' ? 'context' : 'cluster'
}
