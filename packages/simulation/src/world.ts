/** The simulated world: the engines, the Lambdas with the product's handlers, and the rules that check every change. */
import type { Session } from '@warm-pods/core/api/contracts.ts'
import { type Limits, limitsWith } from '@warm-pods/core/limits.ts'
import { invokeWithRetry } from '@warm-pods/functions/aws/invoke-refill.ts'
import { type Config, readConfig } from '@warm-pods/functions/config.ts'
import { createGateway } from '@warm-pods/functions/gateway/gateway.ts'
import { PathChecks } from '@warm-pods/functions/gateway/path-checks.ts'
import { clusterOver } from '@warm-pods/functions/kubernetes/adapter.ts'
import { isOutage } from '@warm-pods/functions/kubernetes/errors.ts'
import { specHash } from '@warm-pods/functions/kubernetes/job-manifest.ts'
import type { Services } from '@warm-pods/functions/services.ts'
import { storesOver } from '@warm-pods/functions/store/stores.ts'
import { poolTable, sessionsTable } from '@warm-pods/functions/store/tables.ts'
import type { Item } from './engines/expressions.ts'
import { type Change, MemoryDynamo } from './engines/memory-dynamo.ts'
import { MemoryKube } from './engines/memory-kube.ts'
import { documentsOf } from './engines/sim-dynamo.ts'
import { simHandshake } from './engines/sim-gateway.ts'
import { kubernetesApiOf } from './engines/sim-kube.ts'
import type { Process } from './engines/simulated-process.ts'
import { Loop } from './engines/virtual-clock.ts'
import { type Tally, Wire } from './engines/wire.ts'
import type { Faults } from './faults.ts'
import { ClusterRules } from './invariants/cluster-rules.ts'
import { RotationRules } from './invariants/rotation-rules.ts'
import { refillItem, sessionItem, slotItem } from './invariants/rows.ts'
import { SessionRules } from './invariants/session-rules.ts'
import { SlotRules } from './invariants/slot-rules.ts'
import { TriggerRules } from './invariants/trigger-rules.ts'
import { Checker, type Violation } from './invariants/violations.ts'
import { VisitorRules } from './invariants/visitor-rules.ts'
import { Lambdas } from './lambdas.ts'
import { Names } from './report/names.ts'
import { sessionDiff, slotDiff } from './report/row-diff.ts'
import type { Chance } from './seeded-random.ts'

/** 2026-09-21T14:13:20Z, an arbitrary start. */
const BEGAN_MS = 1_790_000_000_000
const TOKENS_KEPT = 20
const START_MS = { from: 1_200, to: 1_700 } as const

/** A line of a history; `atMs` is virtual time. */
export interface Line {
  readonly atMs: number
  readonly text: string
}

/** One simulated world. A history drives it by its virtual clock, `loop`. */
export class World {
  readonly limits: Limits
  readonly chance: Chance
  readonly loop: Loop
  readonly checker: Checker
  readonly names = new Names()
  readonly tally: Tally = new Map()
  readonly wire: Wire
  readonly dynamo: MemoryDynamo
  readonly kube: MemoryKube
  readonly lambdas: Lambdas
  readonly slots: SlotRules
  readonly sessions: SessionRules
  readonly triggers: TriggerRules
  readonly rotation: RotationRules
  readonly cluster: ClusterRules
  readonly visitors: VisitorRules
  readonly history: Line[] = []
  /** The latest issued tokens, each as the header that carries it. */
  readonly tokens: string[] = []
  /** Images that cannot be pulled. */
  readonly brokenImages = new Set<string>()
  image = 'pod:1'
  /** When each Job was created, virtual ms. */
  readonly #createdMs = new Map<string, number>()
  /** When Jobs were created or deleted, virtual ms. */
  readonly #jobChangesMs: number[] = []
  readonly #records: boolean

  /** @param options.records keep the history's lines for a report; the history itself stays the same. */
  constructor(options: {
    chance: Chance
    faults: Faults
    singleProcess: boolean
    /** The stage's own limits. */
    limits: Partial<Limits>
    records: boolean
    only?: Violation['invariant'] | undefined
  }) {
    const { chance, faults } = options
    this.#records = options.records
    this.limits = limitsWith(options.limits)
    this.checker = new Checker(options.only)
    this.chance = chance
    this.loop = new Loop(chance)
    const { loop, checker, limits } = this
    const wallMs = this.wallMs.bind(this)
    const note = this.note.bind(this)
    const { skewMs } = faults
    const clusterSkewMs = chance.between(-skewMs, skewMs)
    this.wire = new Wire({ loop, chance, faults, tally: this.tally, note })
    const { wire } = this
    this.slots = new SlotRules({
      checker,
      limits,
      wallMs,
      skewMs,
      nowMs: () => loop.nowMs,
      isServing: (uid) => this.kube.isServing(uid),
      isGone: (uid) => this.kube.isGone(uid),
    })
    this.sessions = new SessionRules(checker, this.slots)
    this.triggers = new TriggerRules({ checker, slots: this.slots, sessions: this.sessions })
    this.rotation = new RotationRules({
      checker,
      slots: this.slots,
      isServing: (uid) => this.kube.isServing(uid),
    })
    this.cluster = new ClusterRules({
      checker,
      limits,
      wallMs,
      skewMs,
      slots: this.slots,
      sessions: this.sessions,
    })
    this.visitors = new VisitorRules({
      checker,
      nowMs: () => loop.nowMs,
      isDead: (uid) => this.kube.isDead(uid),
    })
    this.dynamo = new MemoryDynamo({
      tables: [poolTable('Pool'), sessionsTable('Sessions')],
      now: () => loop.nowMs,
      indexLagMs: () => chance.between(0, wire.faults.indexLagMs),
      staleMs: () => chance.between(0, wire.faults.staleMs),
      pageSize: () => 2 + chance.whole(20),
      unprocessed: () => (chance.happens(wire.faults.unprocessed) ? 1 + chance.whole(3) : 0),
    })
    this.kube = new MemoryKube({
      loop,
      chance,
      wallMs: () => wallMs() + clusterSkewMs,
      limits,
      quota: limits.cap,
      conditions: this.#conditions(),
      observer: this.#observer(),
    })
    this.lambdas = new Lambdas({
      loop,
      chance,
      wire,
      singleProcess: options.singleProcess,
      services: (process) => this.servicesOf(process),
      note,
      onRefillError: (error) => {
        // Injected faults cause outages. Any other error is a bug.
        checker.check(isOutage(error), 'bug', () => `Refill failed: ${describe(error)}`, 'refill')
        return undefined
      },
    })
  }

  /** Checks a log line of the handlers. A step of refill may fail only by an outage. */
  onLog(line: string): void {
    if (!line.includes('"refill_step_failed"') && !line.includes('"internal_error"')) return
    const isBug =
      /"name":"(TypeError|RangeError|SyntaxError|ReferenceError|UnsupportedError)"|is damaged/.test(line)
    this.checker.check(!isBug, 'bug', () => line, 'refill')
  }

  /** The true time, ms since 1970. */
  wallMs(): number {
    return BEGAN_MS + this.loop.nowMs
  }

  note(line: () => string): void {
    if (this.#records) this.history.push({ atMs: this.loop.nowMs, text: line() })
  }

  /** Keeps a token that a response contained. */
  tokenIssued({ socket }: Session): void {
    if (!socket) return
    this.tokens.push(socket.protocols.join(', '))
    if (this.tokens.length > TOKENS_KEPT) this.tokens.shift()
  }

  /** The hash of the current pod specification. */
  get spec(): string {
    return specHash(configFor(this.image))
  }

  #conditions() {
    const { chance, wire, brokenImages, limits } = this
    return {
      brokenImages,
      startMs: () =>
        chance.happens(wire.faults.slowStart)
          ? chance.between(START_MS.to, 1.6 * limits.startBudgetMs)
          : chance.between(START_MS.from, START_MS.to),
      get crashAtStart() {
        return wire.faults.crashAtStart
      },
      get hiddenPods() {
        return wire.faults.hiddenPods
      },
    }
  }

  #observer(): ConstructorParameters<typeof MemoryKube>[0]['observer'] {
    const { cluster } = this
    return {
      jobCreated: (job) => {
        this.note(() => `Job ${job.name} is created`)
        this.#createdMs.set(job.name, this.loop.nowMs)
        this.#jobChangesMs.push(this.loop.nowMs)
        cluster.jobCreated(job)
      },
      jobDeleted: (job, by) => {
        this.note(() => `Job ${job.name} is deleted by ${by}`)
        this.#jobChangesMs.push(this.loop.nowMs)
        cluster.jobDeleted(job, by)
      },
      podCreated: (pod) => this.note(() => `pod ${pod.uid} of ${pod.jobName} is created`),
      podDeleted: (pod, by) => {
        this.note(() => `pod ${pod.uid} of ${pod.jobName} is deleted by ${by}`)
        cluster.podDeleted(pod, by)
      },
      podReady: (pod) => this.note(() => `pod ${pod.uid} of ${pod.jobName} is Ready at ${pod.ip}`),
      podExited: (pod) => this.note(() => `pod ${pod.uid} of ${pod.jobName} exits ${pod.exit?.code}`),
      podChanged: ({ uid }) => this.slots.podChanged(uid, this.loop.nowMs),
      served: (pod, sessionId, header, key) => {
        this.note(() => `pod ${pod.uid} serves ${sessionId}`)
        cluster.served(pod, sessionId, header, key)
      },
    }
  }

  /** Passes a write to the rules. @param spec the pod specification of the process. */
  #onWrite(process: Process, { before, after }: Change, sinceMs: number, spec: string): void {
    const slot = slotItem(after)
    if (slot) {
      const was = slotItem(before)
      this.#noteBy(process, () => slotDiff(was, slot))
      this.cluster.slotChanged(was, slot)
      this.triggers.slotChanged(slot, was, this.loop.nowMs)
      this.slots.changed(was, slot, { process, sinceMs, nowMs: this.loop.nowMs })
      this.rotation.slotChanged(was, slot, process, spec)
      return
    }
    const refill = refillItem(after)
    if (refill) {
      const was = refillItem(before)
      if ((refill.doubts ?? 0) !== (was?.doubts ?? 0))
        this.slots.doubtReported({ process, sinceMs, nowMs: this.loop.nowMs })
      if (refill.sizing && refill.sizing.target !== was?.sizing?.target) {
        const { target } = refill.sizing
        this.note(() => `the pool gets ${target} slots`)
        this.slots.resized(target, this.#jobs(), sinceMs)
      }
      this.triggers.refillChanged(was, refill, process.work, this.loop.nowMs)
      const isReported = refill.lastRunAt !== was?.lastRunAt && refill.failures !== undefined
      this.slots.refillChanged(was, refill)
      if (isReported) this.slots.passReported(process, refill, this.#jobChangesMs)
      return
    }
    const [was, is] = [sessionItem(before), sessionItem(after)]
    if (!was && !is) return
    if (is) this.triggers.sessionChanged(is, this.loop.nowMs)
    this.#noteBy(process, () => sessionDiff(was, is))
    this.cluster.sessionChanged(was, is)
    const isDead = (uid: string): boolean => this.cluster.killed.has(uid)
    this.sessions.changed(was, is, { process, sinceMs, nowMs: this.loop.nowMs, isDead })
  }

  /** The Jobs of the cluster. Its clock may be wrong, so the time of their creation is the simulation's own. */
  #jobs(): { name: string; createdMs: number }[] {
    return [...this.kube.jobs.keys()].map((name) => ({ name, createdMs: this.#createdMs.get(name) ?? 0 }))
  }

  #noteBy(process: Process, describeChange: () => string | undefined): void {
    if (!this.#records) return
    const text = describeChange()
    if (text) this.note(() => `${process.name}: ${text}`)
  }

  /** The counterpart of `makeServices`, over this world's engines. */
  servicesOf(process: Process): Services {
    const { chance, wire, limits, loop } = this
    const config = configFor(this.image)
    const spec = specHash(config)
    const onChange = (change: Change, sinceMs: number): void => this.#onWrite(process, change, sinceMs, spec)
    const onRead = (items: readonly Item[], atMs: number): void => {
      if (process.kind !== 'refill') return
      const rows = items.flatMap((item) => slotItem(item) ?? [])
      this.slots.read(process, rows, atMs)
      this.rotation.read(process, rows)
    }
    const db = documentsOf(process, { engine: this.dynamo, wire, chance, onChange, onRead })
    const bootMs = loop.nowMs
    const runtime = {
      now: () => Math.round(this.wallMs() + process.skewMs),
      monotonic: () => loop.nowMs - bootMs,
      random: () => chance.next(),
      sleep: (ms: number) => wire.sleep(process, ms),
    }
    const cluster = clusterOver(kubernetesApiOf(process, this.kube, wire), config, runtime)
    const gateway = createGateway(
      simHandshake(process, this.kube, wire, {
        reached: (uid) => this.slots.reached(uid),
        unanswered: (uid) => this.visitors.unanswered(uid),
      }),
      runtime,
    )
    return {
      ...runtime,
      config,
      limits,
      spec,
      ...storesOver(db, config.tables, limits, runtime),
      cluster: async () => cluster,
      gateway,
      paths: new PathChecks(gateway, runtime),
      invokeRefill: invokeWithRetry((work) =>
        wire.invoke(process, () => this.lambdas.triggerRefill({ work })),
      ),
      dryRunRefill: async () => undefined,
      newId: () => chance.uuid(),
      askedAt: new Map(),
    }
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

const configs = new Map<string, Config>()

function configFor(image: string): Config {
  const known = configs.get(image)
  if (known) return known
  const config = readConfig({
    AWS_REGION: 'local',
    POOL_TABLE: 'Pool',
    SESSIONS_TABLE: 'Sessions',
    REFILL_FUNCTION: 'refill',
    KUBERNETES_ENDPOINT: 'http://127.0.0.1:9',
    CLUSTER_NAME: 'simulated',
    NAMESPACE: 'warm-pods',
    IMAGE: image,
    SITE_ORIGIN: 'https://site.example',
  })
  configs.set(image, config)
  return config
}
