/** The sentences of the diagram: what each part is, and what passes between them. */

import type { PartName, PassName } from '../diagram/hops.ts'
import { timeOfDay } from '../lib/format.ts'
import type { Kind } from './chapters.ts'

/** What the project is made of; each is in its package.json or its manifests. */
export const BADGES = [
  'TypeScript',
  'React',
  'Recharts',
  'Tailwind',
  'ws',
  'AWS Lambda',
  'API Gateway',
  'DynamoDB',
  'EventBridge',
  'Kubernetes Jobs',
  'nginx',
  'SST',
] as const

export const DIAGRAM = {
  title: 'Where your requests go',
  lead: {
    cluster:
      'Parts and lines take your pod’s colour when something of yours passes them, and turn strong while the pool refills.',
    context:
      'Parts and lines take your pod’s colour when something of yours passes them, and turn strong while the pool refills. The cluster is a real one; API, table and refill run on this machine, with the same handlers as on AWS.',
    local:
      'Parts and lines take your pod’s colour when something of yours passes them, and turn strong while the pool refills. On this machine the handlers are the same; what AWS and Kubernetes would do is done by the local engine.',
    simulated:
      'Parts and lines take your pod’s colour when something of yours passes them, and turn strong while the pool refills. All of it is simulated in this browser; only the planner is the real one.',
  } satisfies Record<Kind, string>,
  passed: 'What passed last',
  parts: 'The parts',
  use: { yours: '■ in use by you', pools: '□ in use by the pool' },
} as const

/** Time of day to the millisecond: what belongs to one kill falls into one second. */
export function preciseTime(sinceEpochMs: number): string {
  return `${timeOfDay(sinceEpochMs)}.${String(Math.floor(sinceEpochMs) % 1_000).padStart(3, '0')}`
}

export const PASSES: Record<PassName, string> = {
  'claim-warm':
    'Claim: the API took a warm slot by one conditional write and woke refill. Kubernetes was not asked.',
  'claim-cold': 'Claim: no slot was warm, so the API asked Kubernetes for a Job.',
  socket: 'Socket: the worker has one through the gateway to your pod, and pings it four times a second.',
  'kill-polite': 'Kill, politely: the API noted it, then asked Kubernetes to delete the pod.',
  'kill-crash': 'Kill, by a crash: asked for on your own socket; the API noted it.',
  'kill-freeze': 'Kill, by a freeze: asked for on your own socket, and nowhere else.',
  told: 'Told: the worker takes the pod for dead.',
  failover: 'Fail-over: another conditional write, another warm pod. Refill was woken.',
  'failover-frozen':
    'Fail-over: the API had Kubernetes delete the frozen pod, then took another warm slot by a conditional write. Refill was woken.',
  'failover-cold': 'Fail-over: no slot was warm, so the API asked Kubernetes for a Job.',
  heal: 'Heal: the API noted that you wait. What follows is the Job controller’s: first its back-off, then a pod.',
  healed: 'Healed: the Job controller made a pod in the place of the dead one, and the API handed it to you.',
  refill: 'Refill: it reserved an empty slot, then asked Kubernetes for the Job that fills it.',
}

interface PartText {
  readonly name: string
  readonly is: Record<Kind, string>
  readonly does: string
  /** Its source, from the repository's root, where it differs by kind. */
  readonly file: { readonly cluster: string } & Partial<Record<Kind, string>>
}

/** In reading order: the request first, then the pool's own work, then the socket. */
export const PARTS: Record<PartName, PartText> = {
  page: {
    name: 'This page',
    is: {
      cluster: 'React, one reducer',
      context: 'React, one reducer',
      local: 'React, one reducer',
      simulated: 'React, one reducer',
    },
    does: 'Asks, orders, and draws; every state of a visit is in one reducer.',
    file: { cluster: 'packages/web/src/visit/state/reducer.ts' },
  },
  api: {
    name: 'API',
    is: {
      cluster: 'Lambda, API Gateway',
      context: 'the same handlers',
      local: 'the same handlers',
      simulated: 'simulated',
    },
    does: 'Claims, kills and recovers: small handlers that write a row before they ask anybody.',
    file: {
      cluster: 'packages/functions/src/api/handler.ts',
      simulated: 'packages/core/src/simulation/calls.ts',
    },
  },
  table: {
    name: 'Pool, sessions',
    is: { cluster: 'DynamoDB', context: 'dynalite', local: 'dynalite', simulated: 'rows in memory' },
    does: 'Four rows are the pool. A claim is one conditional update of one of them.',
    file: {
      cluster: 'packages/functions/src/store/slots.ts',
      simulated: 'packages/core/src/simulation/world.ts',
    },
  },
  refill: {
    name: 'Refill',
    is: {
      cluster: 'Lambda, EventBridge',
      context: 'the same, on a timer',
      local: 'the same, on a timer',
      simulated: 'the real planner',
    },
    does: 'Looks at what is and plans what is missing; woken by each claim and each minute.',
    file: { cluster: 'packages/core/src/planner/plan.ts' },
  },
  kubernetes: {
    name: 'Kubernetes',
    is: {
      cluster: 'API server, kubelet',
      context: 'API server, kubelet',
      local: 'local engine',
      simulated: 'simulated',
    },
    does: 'Makes pods of Jobs, starts them, and says when they are Ready.',
    file: {
      cluster: 'packages/functions/src/kubernetes/adapter.ts',
      local: 'packages/local-kubernetes/src/engine.ts',
      simulated: 'packages/core/src/simulation/cluster.ts',
    },
  },
  controller: {
    name: 'Job controller',
    is: {
      cluster: 'of Kubernetes',
      context: 'of Kubernetes',
      local: 'of the local engine',
      simulated: 'simulated',
    },
    does: 'Replaces a failed pod of a Job after a back-off of 10 s, twice as long after each further failure.',
    file: {
      cluster: 'packages/functions/src/kubernetes/job-manifest.ts',
      local: 'packages/local-kubernetes/src/controllers/job-controller.ts',
      simulated: 'packages/core/src/simulation/cluster.ts',
    },
  },
  worker: {
    name: 'Worker',
    is: {
      cluster: 'socket and clock',
      context: 'socket and clock',
      local: 'socket and clock',
      simulated: 'socket and clock',
    },
    does: 'Owns the socket, the schedule and the statistics, so that drawing cannot bend them.',
    file: { cluster: 'packages/web/src/probe/instrument.ts' },
  },
  gateway: {
    name: 'Gateway',
    is: { cluster: 'nginx', context: 'nginx', local: 'a process', simulated: 'simulated' },
    does: 'Passes a socket on to the pod whose address it names, and to nothing else.',
    file: {
      cluster: 'k8s/base/gateway/nginx.conf',
      local: 'packages/local/src/gateway/gateway.ts',
      simulated: 'packages/web/src/simulator/sockets.ts',
    },
  },
  pod: {
    name: 'Your pod',
    is: {
      cluster: 'a ws echo server',
      context: 'a ws echo server',
      local: 'a process, ws echo',
      simulated: 'simulated',
    },
    does: 'One Job, one pod, one process, one session. It says how long it held each ping.',
    file: { cluster: 'packages/pod/src/server.ts', simulated: 'packages/web/src/simulator/sockets.ts' },
  },
}

/** In the order of {@link PARTS}, which is the reading order. */
export const PART_NAMES = Object.keys(PARTS) as PartName[] // the keys of a record are its names
