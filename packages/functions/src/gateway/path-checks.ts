import type { PodPath, PodView } from '@warm-pods/core/state/cluster-view.ts'
import type { Runtime } from '../lib/clock.ts'
import type { Gateway } from './gateway.ts'
import type { Handshake } from './handshake.ts'

/** A pass waits this long for handshakes. A pod that answers does so in a few ms; the result of another waits for a later pass. */
const PASS_WAIT_MS = 250
/**
 * Pause after a failed handshake with a pod. It doubles with each further failure. The pause for a gateway that is down stays short,
 * because every pod waits for it.
 */
const PAUSE_MS = 100
const PAUSE_MAX_MS = { no_answer: 5_000, gateway_down: 1_000 } as const
/**
 * A problem is reported from this failure on. A network may need a second or two to learn the address of a new pod, and that
 * must not count as a failed start.
 */
const REPORTED_FAILURES = 4
/** A success counts for this long, so that a step that failed for another reason is repeated without a handshake. */
const REACHED_FOR_MS = 5_000

interface Check {
  readonly job: string
  /** When the first handshake began: monotonic ms. */
  readonly sinceMs: number
  failures: number
  /** When the first of the handshakes in a row ended that got no answer: monotonic ms. */
  unreachedSinceMs?: number
  /** When the next handshake is due: monotonic ms. */
  dueMs: number
  path: PodPath
  /** The handshake that is under way. */
  running?: Promise<void>
}

/** The path of a pod after a handshake that ended at `atMs`, ms since 1970. */
export function pathOf(handshake: Handshake, atMs: number): Exclude<PodPath, { state: 'unchecked' }> {
  switch (handshake.reach) {
    case 'answers':
      return { state: 'reached', atMs }
    case 'no_answer':
      return {
        state: 'no_answer',
        problem: `Kubernetes reports the pod Ready, but the gateway does not reach it: it ${handshake.problem}`,
      }
    case 'limited':
    case 'gateway_down':
      return {
        state: 'gateway_down',
        problem: `Kubernetes reports the pod Ready, but the gateway ${handshake.problem}`,
      }
    default:
      return handshake satisfies never
  }
}

/**
 * The handshakes of one process with pods that are about to be handed out, or are warm. Handshakes go on in the background, so a pod that does
 * not answer delays no pass of refill for longer than {@link PASS_WAIT_MS}.
 */
export class PathChecks {
  readonly #gateway: Pick<Gateway, 'handshake'>
  readonly #runtime: Pick<Runtime, 'monotonic' | 'now' | 'sleep'>
  /** By the UID of the pod. */
  readonly #checks = new Map<string, Check>()

  constructor(gateway: Pick<Gateway, 'handshake'>, runtime: Pick<Runtime, 'monotonic' | 'now' | 'sleep'>) {
    this.#gateway = gateway
    this.#runtime = runtime
  }

  /**
   * Starts the handshakes that are due, and waits a moment for them.
   * @param pods all pods of the Jobs that the pass has read. A whole pass has read every Job.
   * @param jobs the Jobs whose Ready pods need a handshake.
   * @returns all pods, each with its path.
   */
  async observe(
    pods: readonly PodView[],
    jobs: ReadonlySet<string>,
    { isWhole = true }: { readonly isWhole?: boolean } = {},
  ): Promise<PodView[]> {
    const needed = pods.filter(({ job, ready, deleting }) => ready && !deleting && jobs.has(job))
    const uids = new Set(needed.map(({ pod }) => pod.uid))
    const seen = new Set(pods.map(({ job }) => job))
    for (const [uid, { job }] of this.#checks)
      if ((isWhole || seen.has(job)) && !uids.has(uid)) this.#checks.delete(uid)
    const running = needed.flatMap((view) => this.#start(view) ?? [])
    if (running.length > 0) await Promise.race([Promise.all(running), this.#runtime.sleep(PASS_WAIT_MS)])
    return pods.map((view) => ({
      ...view,
      path: this.#pathOf(view),
    }))
  }

  #pathOf({ pod }: PodView): PodPath {
    const check = this.#checks.get(pod.uid)
    if (check === undefined) return { state: 'unchecked' }
    return check.path.state === 'unchecked' ? { state: 'unchecked', isPending: true } : check.path
  }

  /** Forgets the handshakes with the pods of a Job that refill no longer waits for. */
  forget(job: string): void {
    for (const [uid, check] of this.#checks) if (check.job === job) this.#checks.delete(uid)
  }

  /**
   * Resolves when a handshake ends or the next one is due, with the Job of its pod. Undefined when every pod was reached.
   * @param isAwaited whether a pass will look at the pods of this Job.
   */
  change(isAwaited: (job: string) => boolean): Promise<string> | undefined {
    const open = [...this.#checks.values()].filter(
      ({ job, path }) => path.state !== 'reached' && isAwaited(job),
    )
    if (open.length === 0) return undefined
    const now = this.#runtime.monotonic()
    return Promise.race(
      open.map(async ({ dueMs, job, running }) => {
        await (running ?? this.#runtime.sleep(Math.max(1, Math.ceil(dueMs - now))))
        return job
      }),
    )
  }

  /** @returns the handshake that it has started; undefined while one is under way or none is due. */
  #start({ job, pod }: PodView): Promise<void> | undefined {
    const check: Check = this.#checks.get(pod.uid) ?? {
      job,
      sinceMs: this.#runtime.monotonic(),
      failures: 0,
      dueMs: Number.NEGATIVE_INFINITY,
      path: { state: 'unchecked' },
    }
    this.#checks.set(pod.uid, check)
    if (check.running || check.dueMs > this.#runtime.monotonic()) return undefined
    check.running = this.#handshake(check, pod.ip)
    return check.running
  }

  async #handshake(check: Check, ip: string): Promise<void> {
    const handshake = await this.#gateway.handshake(ip)
    delete check.running
    const nowMs = this.#runtime.monotonic()
    const path = pathOf(handshake, this.#runtime.now())
    if (path.state === 'reached') {
      check.path = { ...path, tookMs: Math.round(nowMs - check.sinceMs) }
      check.failures = 0
      delete check.unreachedSinceMs
      check.dueMs = nowMs + REACHED_FOR_MS
      return
    }
    if (path.state === 'no_answer') check.unreachedSinceMs ??= nowMs
    else delete check.unreachedSinceMs
    const { unreachedSinceMs } = check
    const unreached = unreachedSinceMs === undefined ? {} : { unreachedMs: nowMs - unreachedSinceMs }
    check.path = ++check.failures >= REPORTED_FAILURES ? { ...path, ...unreached } : { state: 'unchecked' }
    check.dueMs = nowMs + Math.min(PAUSE_MAX_MS[path.state], PAUSE_MS * 2 ** (check.failures - 1))
  }
}
