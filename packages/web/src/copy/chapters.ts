/** Copy of the chapters that load after the first paint, in a file of its own so that the first paint stays light. */
import type { Exit, HowToDie } from '@warm-pods/core/api/contracts.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import type { Kind } from '../lib/cluster-kind.ts'
import { age } from '../lib/format.ts'
import { LEGS } from './first-paint.ts'

export const RECEIPT = {
  title: 'Receipt',
  endedItself: (alias: string) => `${alias} ended by itself`,
  terminated: (alias: string, how: string) => `${alias} terminated ${how}`,
  replacedBy: (alias: string) => `Kubernetes replaced it with ${alias}`,
  tookOver: (alias: string) => `${alias} took over`,
  recovery: {
    click: 'Recovery, click to first reply',
    itself: 'Recovery, noticed to first reply',
  },
  zero: { click: 'click', itself: 'noticed' },
  down: 'Down, last to first reply',
  lost: 'Pings due meanwhile, never answered',
  reported: 'Kubernetes’ own report of it:',
  interrupted:
    'The page was reloaded or offline meanwhile. Its legs contain that time, and the lost pings were not counted.',
  earlier: (kills: number) => `Earlier in this visit (${kills})`,
  earlierColumns: ['Pod', 'Died', 'Then', 'Noticed', 'Recovery'],
  byItself: 'by itself',
} as const

export const TIMELINES = {
  title: 'Three timelines of one kill',
  titleItself: 'Three timelines of one death',
  why: 'Why each leg took that long',
  footnote:
    '≈ marks times that the cluster measured, not your browser. Kubernetes reports whole seconds, so each of its legs can be a second off.',
  legs: (name: string) => `${name}, leg by leg`,
  times: (times: string) => `about ${times} × as long`,
  running: (seconds: string) => `${seconds} s, still running`,
  notReported: (seconds: string) => `over ${seconds} s, not reported yet`,
  names: {
    failover: 'Warm fail-over',
    cold: 'Cold start',
    heal: 'Kubernetes recreates the pod',
  },
  actual: 'your actual recovery',
  alternative: {
    failover: '',
    cold: 'without a pool, measured on the pod that refilled your slot',
    heal: 'with a plain Job, measured on the Job of the pod you killed',
  },
  unknown: {
    healed: 'you waited for Kubernetes, so no pod came from the pool',
    'none-warm': 'no warm pod was left to fail over to',
    'not-killed': 'Kubernetes is timed only when you terminate the pod',
    'not-reported': 'not reported within a minute',
    missed: 'the start of the pod that refilled your slot was not seen completely',
  },
} as const

export const LEG_NAMES = {
  ...LEGS,
  scheduled: 'scheduled',
  network: 'network',
  started: 'container',
  ready: 'ready',
  routed: 'reachable',
} as const

/** Why a leg took its time. */
export const WHY = {
  announced: 'The pod sent “terminating” before it ended.',
  announcedLate:
    'The pod sent “terminating” late. Between two changes of a pod, a kubelet looks at its containers, about once a second.',
  frozenClosed: 'Its socket closed.',
  closed: 'The socket broke, and the browser noticed at once.',
  interrupted: 'After the interruption, the page and the API found that the pod had ended.',
  checked: 'The connection was lost, and the API did not reach the pod either.',
  deadline: `A frozen pod sends nothing, so ${LIMITS.deadAfterPings} pings had to miss their deadline.`,
  claimed: 'The API gave you another warm pod: one conditional write, no Kubernetes in between.',
  claimedFrozen:
    'The API deleted the frozen pod and gave you a warm one: one conditional write, no Kubernetes in between.',
  claimedLate: 'The API could not be reached at first; then it gave you another warm pod.',
  asked: 'No warm pod was left, so the API created a Job.',
  healed: 'Back-off and start of the Job’s new pod, of which no single step was reported.',
  backoff:
    'The Job controller waits 10 s before it replaces a failed pod, twice as long after each further failure. Nothing happens in this time.',
  start: 'Requested, scheduled, container started, first successful readiness probe.',
  scheduled: 'The scheduler chose a node.',
  network: 'The node made the pod’s sandbox and gave it an address: condition PodReadyToStartContainers.',
  started: 'The kubelet pulled the image, if the node lacked it, and created and started the container.',
  ready: 'Node.js started and listened, and the first readiness probe succeeded. Probes run once a second.',
  routed: 'A WebSocket handshake through the gateway reached the pod.',
  connected: 'A new WebSocket through the gateway to the next pod.',
  pong: 'One ping there and back.',
} as const

export const COMPARISON = {
  title: 'All your kills, and everyone’s',
  columns: ['This kill', 'All of yours, median', 'Everyone in 24 h, median'],
  everyone: {
    failover: 'kill to first reply, as browsers reported it',
    cold: 'only the start: requested to Ready',
    heal: 'only dead to Ready',
  },
  of: (n: number) => `n = ${n}`,
} as const

/** AWS regions by place. */
export const PLACES: Readonly<Record<string, string>> = {
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

export const RUNNING = {
  title: 'What is running',
  local: (version: string) =>
    `Local engine on one machine, no cluster; it implements the API of Kubernetes ${version}`,
  simulated: 'A simulation in this browser: no cluster, no network, no pods',
  cluster: (version: string, name: string, where: string) =>
    `Kubernetes ${version} · cluster ${name} · ${where}`,
  noRegion: 'region unknown',
  image: 'pods from',
} as const

/** The state of the visit in one to three words. */
export const PILL = {
  idle: 'no pod',
  requesting: 'claiming',
  provisioning: 'starting',
  connecting: 'connecting',
  reconnecting: 'reconnecting',
  blocked: 'blocked',
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
} as const

/** The chapters, by the fragment that opens each. */
export const CHAPTERS = {
  title: 'In detail',
  tabs: {
    diagram: 'The system',
    claim: 'Your claim',
    forecast: 'Forecast',
    components: 'Components',
  },
} as const

export const COMPONENTS = {
  lead: 'Each component of the system, with its source where this build has a link to it.',
  job: 'Each Job:',
  built: 'Built with',
} as const

/** The settings of each Job that a Kubernetes engineer asks for first. A test compares them with the manifest. */
export const JOB_SPEC = {
  file: 'packages/functions/src/kubernetes/job-manifest.ts',
  fields: [
    ['restartPolicy', 'Never'],
    ['backoffLimit', '6'],
    ['requests', '10m CPU, 64Mi'],
    ['limits', '500m CPU, 128Mi'],
    ['readinessProbe', 'each 1 s'],
  ],
} as const

export const CLAIM = {
  simulated: 'A simulated claim: no pod in it was real.',
  title: 'Your claim',
  copy: 'Copy',
  copied: 'Copied',
  lead: 'What the API did between your request and its answer, by its own clock. The time on the network is not included.',
  none: 'There is no claim yet.',
  healed:
    'Kubernetes has recreated your pod since. That was not a claim, so these stages belong to the pod before it.',
  partial: 'Only the API’s first answer has the time of your session’s own write and of any step after it.',
  stages: {
    read: 'Your session, the pool and your network’s count, read in parallel.',
    take: 'One conditional write that turns a warm slot into a claimed one.',
    record: 'Your session is written, and refill is triggered.',
    create: 'The API asks Kubernetes for a Job.',
  } as Record<string, string>,
  outcomes: {
    warm: 'a warm pod',
    empty: 'no warm pod: one was started',
    contention: 'warm pods, but other visitors took each of them first',
    capacity: 'no warm pod and no room for another',
  },
  facts: {
    outcome: 'Found',
    candidates: 'Warm slots seen',
    tries: 'Tries',
    conflicts: 'Conflicts',
    epoch: 'Epoch',
    pod: 'Pod',
    total: 'In all',
    partial: 'Up to the write',
  },
} as const

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

export const FORECAST = {
  title: 'Forecast against measured',
  lead: (slots: number) =>
    `How often is a warm pod free? Erlang B, the formula of telephone exchanges, predicts it. A slot is busy while its next pod starts. A visitor who finds all ${slots} busy gets a cold start.`,
  predicted: (slots: number) => `Served warm, predicted for ${slots} slots`,
  measured: 'Served warm, measured',
  oneMore: 'One more slot would give',
  interval: (low: string, high: string) => `95 % interval: ${low} to ${high}`,
  /** @param ms how long refill has watched the pool; undefined: the API does not report it. */
  during: (ms: number | undefined) => {
    if (ms === undefined) return 'the last 50 to 60 minutes'
    return ms < 60_000 ? 'less than a minute' : `${counted(Math.round(ms / 60_000), 'minute')}`
  },
  load: (perMinute: string, during: string) => `${perMinute} arrivals a minute in ${during}.`,
  arrivals: (visitors: number, failovers: number, during: string) =>
    `${counted(visitors, 'visitor')} and ${counted(failovers, 'fail-over')} in ${during}. Each takes a slot.`,
  rate: (perMinute: string, low: string, high: string) =>
    `That is a rate of ${perMinute} a minute (95 % interval: ${low} to ${high}).`,
  noStart: (during: string) => `No start was timed in ${during}.`,
  start: (seconds: string, n: number | string) => `A start takes ≈ ${seconds} s on average (n = ${n}).`,
  needs: (needs: number, has: number, of: 'arrivals' | 'visitors') => `needs ${needs} ${of}, ${has} so far`,
} as const

const VERIFY = 'Check it yourself: the pods by their Kubernetes names, and the raw answers of the API.'

export const VERIFY_DRAWER = {
  title: 'Verify',
  lead: {
    cluster: VERIFY,
    context: VERIFY,
    local: 'Check it yourself: the pods by their names in the local engine, and the raw answers of the API.',
    simulated: 'This is a simulation, so no cluster knows these pods and there is nothing to check.',
  } satisfies Record<Kind, string>,
  close: 'Close',
  pods: 'Old and new',
  columns: ['The pod you hold', 'The one before it'],
  noPod: 'You hold no pod now.',
  fields: {
    alias: 'called',
    name: 'name',
    uid: 'UID',
    node: 'node',
    zone: 'zone',
    ip: 'address',
    startedAt: 'started',
  },
  exit: (alias: string, { code, reason }: Exit) =>
    `${alias} ended with the exit code ${code}${reason === undefined ? '' : `. Kubernetes gives its reason as ${reason}`}.`,
  aliasesAgree: 'The nicknames are derived from the UIDs. Your browser computed them again, and they match.',
  aliasesDiffer:
    'The nicknames are derived from the UIDs, and your browser computed others: page and API are of different releases.',
  request: 'The request that gave you this pod has the id',
  requestFound:
    'The API’s log, refill’s log, the annotation warm-pods/request-id of the Job and the first line about you in the pod’s log have it too.',
  noHello: 'The pod has not sent its identity on its own socket yet.',
  sameUid: (image: string) =>
    `The pod itself reports the same UID, and the image ${image}, over its WebSocket.`,
  otherUid: (uid: string) => `The pod on the socket sent another UID than the API: ${uid}.`,
  kubectl: 'The same with kubectl',
  kubectlLead: 'If you have access to the cluster:',
  kubectlLocal: 'If you started this: run these lines in the folder of npm start.',
  answers: 'What the API answered',
  answersLead:
    'The last answers, newest first, unchanged except for line breaks. Tokens are removed; your secret is in no answer.',
  noRequestLog: 'This is a simulation: the page sent no requests, so there are no answers.',
  silence: 'no answer',
  empty: '(no body)',
} as const

export const KUBECTL = {
  /** The kubeconfig that npm start writes, from the folder that it was started in. */
  kubeconfig: '.local/kubeconfig',
  uid: 'The UID of the pod you hold.',
  yours:
    'Your Job and your pod, and the Job you left until Kubernetes has recreated its pod. A claim labels all of them.',
  events: 'The events of the pod before it. Kubernetes keeps events for an hour.',
} as const

/** The labels of the two choices for a kill. */
export const CHOICES = { how: 'How', recover: 'Then' } as const

export const HINTS: Record<HowToDie | 'failover', string> = {
  polite: 'The API deletes it. It announces its end and exits with code 143.',
  crash: 'Its process exits at once with code 1, and the socket breaks.',
  freeze: 'It stops answering, but its socket stays open. Only a timeout reveals it.',
  failover: 'A warm pod takes over at once.',
}
/** How long a pod takes to start, roughly, s. */
const START_S = 2
/** The hint of the choice to let Kubernetes heal. @param ms the Job controller's back-off. */
export const HEAL_HINT = (ms: number, atLeast: boolean) =>
  `You wait while the Job controller recreates the pod: ${atLeast ? 'at least' : 'about'} ${ms / 1_000 + START_S} s, ${ms / 1_000} s of them its own back-off.`

export const MEANS = {
  now: 'Round trip of the last answered ping, less the time the pod held it.',
  p50: 'Half of the answered pings of the last 60 s were faster. Linear interpolation at rank (n − 1)·p.',
  p95: '95 of 100 answered pings of the last 60 s were faster.',
  p99: '99 of 100 answered pings of the last 60 s were faster. Unanswered pings are not included; “lived p99” includes them.',
  mean: 'Arithmetic mean of the last 60 s. One spike can dominate it.',
  jitter:
    'RFC 3550: each change between neighbouring round trips moves it by a sixteenth. It covers both directions and starts anew with each pod.',
  unanswered: `Pings to this pod, in the last 60 s and since its socket opened, that missed their deadline of ${age(LIMITS.pingDeadlineMs)} or more. TCP resends lost packets, so packet loss appears here as a late pong.`,
  livedP99:
    'p99 over the schedule: a ping that was due during an outage counts from when it was due until the next pong. You lived through this time; most tools print p99.',
  error: 'This page’s own error: how late its worker woke for a ping, p99 of the last 60 s.',
} as const

/** Why a number is blank. */
export const NEEDS = (label: string, needs: number, has: number) =>
  `${label} needs ${needs} ${needs === 1 ? 'ping' : 'pings'}, ${has} so far.`

export const KEYS: readonly (readonly [string, string])[] = [
  ['K', 'terminate the pod'],
  ['Space', 'pause or resume the picture'],
  ['← →', 'walk the points of the chart'],
  ['E', 'download the samples and kills as JSON'],
  ['?', 'show or hide this list'],
]

/** The open table of the chart. */
export const BUCKETS = {
  columns: ['Seconds ago', 'Median', 'Largest', 'Unanswered'],
  unanswered: (count: number, due: number) => `${count} of ${due}`,
} as const

/** The details of a pod in the pool, by the columns and fields of kubectl. */
export const SLOT_DETAILS = {
  fields: {
    name: 'name',
    uid: 'UID',
    node: 'node',
    zone: 'zone',
    ip: 'address',
    ready: 'ready',
    restarts: 'restarts',
  },
  ready: '1/1',
  unconfirmed: 'not confirmed',
  restarts: '0 (restartPolicy: Never)',
} as const

/** The marks of the chart and its tip. */
export const CHART_MARKS = {
  median: 'median',
  down: (length: string, open: boolean) => `down ${length}${open ? '…' : ''}`,
  point: (alias: string | undefined, ago: string) => (alias ? `${alias} · ${ago}` : ago),
} as const
