/** Copy of the diagram: what each box is, and which requests pass between them. */
import { LIMITS } from '@warm-pods/core/limits.ts'
import type { Kind } from '../lib/cluster-kind.ts'

/** The project's main technologies; each is in a package.json or a manifest. */
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

const COLOURS = 'Your requests colour the parts that they pass. The pool’s own work turns them strong.'

export const DIAGRAM = {
  title: 'The system',
  lead: {
    cluster: COLOURS,
    context: `${COLOURS} The cluster is real. API, table and refill run on this machine, with the same handlers as on AWS.`,
    local: `${COLOURS} On this machine a local engine replaces AWS and Kubernetes.`,
    simulated: `${COLOURS} All of it is simulated in this browser. Only the planner is the real one.`,
  } satisfies Record<Kind, string>,
  recent: 'Your last requests, and the parts in use',
  boxes: 'Parts in use',
  use: { yours: '■ in use by you', pools: '□ in use by the pool' },
} as const

/** The log of the diagram, by the kind of request. */
export const FLOWS = {
  'claim-warm':
    'Claim: the API took a warm slot by one conditional write and triggered refill, without a request to Kubernetes.',
  'claim-cold': 'Claim: no slot was warm, so the API asked Kubernetes for a Job.',
  socket: `Socket: the worker opened one through the gateway to your pod, and pings it ${1_000 / LIMITS.pingMs} times a second.`,
  'kill-polite': 'Kill, by a delete: the API recorded it, then asked Kubernetes to delete the pod.',
  'kill-crash': 'Kill, by a crash: the page requested it on your own socket, and the API recorded it.',
  'kill-freeze': 'Kill, by a freeze: the page requested it on your own socket only.',
  told: 'Noticed: the worker found that the pod is dead.',
  failover: 'Fail-over: another conditional write, another warm pod. The API triggered refill.',
  'failover-frozen':
    'Fail-over: the API had Kubernetes delete the frozen pod, then took another warm slot by a conditional write. It triggered refill.',
  'failover-cold': 'Fail-over: no slot was warm, so the API asked Kubernetes for a Job.',
  heal: 'Wait for Kubernetes (a heal): the API recorded that you wait. The Job controller recreates the pod after its back-off.',
  healed: 'Healed: the Job controller recreated the dead pod, and the API gave you the new one.',
  refill: 'Refill: it reserved an empty slot, then asked Kubernetes for the Job that fills it.',
} as const

interface BoxText {
  readonly name: string
  readonly is: Record<Kind, string>
  readonly does: string
  /** Its source from the repository's root; a kind that is missing has the file of `cluster`. */
  readonly file: { readonly cluster: string } & Partial<Record<Kind, string>>
}

/** Types each box and keeps the names of the keys. */
function boxes<Name extends string>(texts: Record<Name, BoxText>): Readonly<Record<Name, BoxText>> {
  return texts
}

/** The boxes in reading order: the request first, then the pool's own work, then the socket. */
export const BOXES = boxes({
  page: {
    name: 'This page',
    is: {
      cluster: 'React, one reducer',
      context: 'React, one reducer',
      local: 'React, one reducer',
      simulated: 'React, one reducer',
    },
    does: 'Sends the requests and draws. One reducer holds every state of a visit.',
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
    does: 'Claims, kills and recovers. Each handler writes its row before it sends a request to Kubernetes.',
    file: {
      cluster: 'packages/functions/src/api/handler.ts',
      simulated: 'packages/core/src/simulation/calls.ts',
    },
  },
  table: {
    name: 'Pool, sessions',
    is: { cluster: 'DynamoDB', context: 'dynalite', local: 'dynalite', simulated: 'rows in memory' },
    does: 'The pool is {target} rows. A claim is one conditional update of one of them.',
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
    does: `Compares the pool with its target and plans the missing pods. It runs after each claim and every ${LIMITS.refillEveryMs / 1_000} seconds.`,
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
    does: 'Makes pods from Jobs, starts them, and reports when they are Ready.',
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
    does: 'Owns the socket, the schedule and the statistics, so that drawing cannot distort them.',
    file: { cluster: 'packages/web/src/probe/instrument.ts' },
  },
  gateway: {
    name: 'Gateway',
    is: { cluster: 'nginx', context: 'nginx', local: 'a process', simulated: 'simulated' },
    does: 'Connects a socket to the pod whose address is in its path, and to nothing else.',
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
    does: 'One Job, one pod, one process, one session. Each pong reports how long the pod held the ping.',
    file: { cluster: 'packages/pod/src/server.ts', simulated: 'packages/web/src/simulator/sockets.ts' },
  },
})
