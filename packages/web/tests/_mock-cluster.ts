/**
 * The cluster and the API in browser tests: core's simulation in real time. This file adds only the switches that tests
 * need; every session, slot and pod changes by the simulation's own rules.
 */
import type { Pod, Pool, Session } from '@warm-pods/core/api/contracts.ts'
import { LIMITS, type Limits } from '@warm-pods/core/limits.ts'
import type { PodEnd } from '@warm-pods/core/simulation/cluster.ts'
import { Simulation } from '@warm-pods/core/simulation/simulation.ts'
import { answerCall } from '../src/simulator/answer-call.ts'
import type { Call } from '../src/simulator/protocol.ts'
import type { Answer } from '../src/visit/api.ts'

/** Tests may change every option at any time. */
export interface MockOptions {
  /** How long a pod takes from Job to Ready, ms; pods that are starting follow a change. */
  startMs: number
  /** The Job controller's back-off before it replaces a pod, ms. */
  backoffMs: number
  leaseMs: number
  /** Slots of the pool. */
  target: number
  /** The most Jobs at once. */
  cap: number
  /** Answered in place of the simulation's own forecast. */
  forecast: Pool['forecast']
  /** Answered as the reason for the size of the pool. */
  sizing: Pool['sizing']
  /** Answered as what the pods run on. */
  cluster: Pool['cluster']
  /** The pod holds each ping this long, ms, and reports it in the pong. */
  holdMs: number
  /** The network delays each pong by this, ms. */
  lagMs: number
}

const DEFAULTS: MockOptions = {
  startMs: 1_400,
  backoffMs: 10_000,
  leaseMs: LIMITS.leaseMs,
  target: LIMITS.target,
  cap: LIMITS.cap,
  sizing: undefined,
  forecast: { arrivalsPerMinute: 0, startMs: null, warmShare: null, warmShareWithOneMore: null },
  cluster: {
    name: 'mock',
    region: 'here',
    version: null,
    namespace: 'warm-pods',
    image: 'warm-pods/pod:mock',
  },
  holdMs: 0,
  lagMs: 0,
}

/** Tests shorten the back-off, but each heal is reported with the real back-off, in whole seconds. */
const HEAL = {
  healMs: 11_000,
  progress: (['created', 'scheduled', 'network', 'started', 'ready'] as const).map((step) => ({
    step,
    at: new Date(Date.UTC(2026, 10, 23, 0, 0, step === 'ready' ? 11 : 10)).toISOString(),
  })),
}

/** The id that this API gives every request, in the form of API Gateway. */
export const REQUEST_ID = 'JKJaXmPLvHcESHA='

/** The longest delay that setTimeout takes. */
const LONGEST_MS = 2 ** 31 - 1

export class MockCluster {
  readonly options: MockOptions
  /** Called with each process that ends; the socket side listens. */
  onEnd: (uid: string, how: PodEnd) => void = () => {}
  readonly #limits: { -readonly [Key in keyof Limits]: Limits[Key] } = { ...LIMITS }
  readonly #simulation: Simulation
  /** Sessions of {@link takeWarm}: other visitors, not pages. */
  readonly #others = new Set<string>()
  /** When each Job heals, by its name, after this class shortened the back-off. */
  readonly #shortened = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: Partial<MockOptions> = {}) {
    this.options = { ...DEFAULTS, ...options }
    this.#limits.target = this.options.target
    this.#limits.cap = this.options.cap
    this.#simulation = new Simulation(1, Date.now(), {}, this.#limits)
    this.#simulation.world.stages = ['read', 'take', 'record'].map((name) => ({ name, ms: 1 }))
    this.#simulation.world.cluster.onEnd = (uid, how) => this.onEnd(uid, how)
    this.#move()
  }

  /** Answers one call as the API does. */
  call(call: Call): Answer<unknown> {
    this.#move()
    const answer = answerCall(this.#simulation, call)
    this.#move()
    if (answer.is !== 'ok' || answer.value === null) return answer
    if (call.name === 'reach') return answer
    // The API's contract: `pool` answers a pool, every other call with a body a session.
    const value =
      call.name === 'pool' ? this.#withOptions(answer.value as Pool) : withSocket(answer.value as Session)
    return { is: 'ok', value }
  }

  /** The sessions of pages, ended ones included, in the order of their claims. */
  sessions(): {
    readonly id: string
    readonly epoch: number
    readonly ended: boolean
    readonly pod: Pod | undefined
  }[] {
    return [...this.#simulation.world.sessions.values()]
      .filter(({ sessionId }) => !this.#others.has(sessionId))
      .map(({ sessionId: id, epoch, state, pod }) => ({ id, epoch, ended: state === 'ended', pod }))
  }

  /** Another visitor takes a warm pod; undefined when none is warm. */
  takeWarm(): Pod | undefined {
    if (this.warmPods().length === 0) return undefined
    const session = this.#others.size.toString(16).padStart(32, '0')
    this.#others.add(session)
    this.call({ name: 'claim', session })
    return this.#simulation.world.sessions.get(session)?.pod
  }

  /** The pods that are warm now. */
  warmPods(): Pod[] {
    this.#move()
    return [...this.#simulation.world.slots.values()].flatMap((slot) =>
      slot.state === 'WARM' ? [slot.pod] : [],
    )
  }

  /** The pod that answers at an address. */
  podAt(ip: string): Pod | undefined {
    this.#move()
    return this.#simulation.world.cluster.at(ip)?.view.pod
  }

  isFrozen(uid: string): boolean {
    return this.#simulation.world.cluster.find(uid)?.frozen === true
  }

  /** The pod's process ends at once, or stops answering. */
  die(uid: string, how: 'crash' | 'freeze'): void {
    const { cluster } = this.#simulation.world
    this.#move()
    if (how === 'freeze') cluster.freeze(uid)
    else cluster.exit(uid, 137, Date.now())
    this.#move()
  }

  /** A page's socket to a pod was opened or closed. */
  plugged(uid: string, open: boolean): void {
    this.#move()
    this.#simulation.plugged(uid, open)
    this.#move()
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  /** Moves the simulation to now, and arms a timer for its next change. */
  #move(): void {
    this.#applyOptions()
    this.#simulation.moveTo(Date.now())
    this.#shortenBackOffs()
    clearTimeout(this.#timer)
    const waitMs = this.#simulation.nextDueMs() - Date.now()
    this.#timer = setTimeout(() => this.#move(), Math.min(LONGEST_MS, Math.max(0, waitMs)))
  }

  #applyOptions(): void {
    const { startMs, leaseMs, target, cap } = this.options
    Object.assign(this.#limits, { leaseMs, target, cap })
    const { assumptions, world } = this.#simulation
    if (assumptions.startToMs === startMs) return
    this.#simulation.assume({ startFromMs: startMs, startToMs: startMs })
    for (const pod of world.cluster.pods) if (!pod.view.ready) Object.assign(pod, { startMs })
  }

  #shortenBackOffs(): void {
    for (const [name, job] of this.#simulation.world.cluster.jobs) {
      if (job.healAtMs === undefined || job.healAtMs === this.#shortened.get(name)) continue
      job.healAtMs = Date.now() + this.options.backoffMs
      this.#shortened.set(name, job.healAtMs)
    }
  }

  #withOptions(pool: Pool): Pool {
    const { forecast, sizing, cluster } = this.options
    return { ...pool, forecast, ...(sizing && { sizing }), cluster }
  }
}

/** The session with a socket of the mock server. */
function withSocket(session: Session): Session {
  const { pod, socket } = session
  return {
    ...session,
    requestId: REQUEST_ID,
    ...(pod && socket && { socket: { url: `/pod/${pod.ip}`, protocols: ['warm-pods.v1', 'token.mock'] } }),
    heals: session.heals.map((heal) => ({ ...heal, ...HEAL })),
  }
}
