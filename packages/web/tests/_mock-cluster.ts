/** Sessions, slots and pods of the test double, in memory: as much of the real behaviour as the page can see. */
import { randomUUID } from 'node:crypto'
import type { HowToDie, Pod, Pool, PoolSlot, Progress, Session } from '@warm-pods/core/api/contracts.ts'
import { aliasOf } from '@warm-pods/core/identity/alias.ts'

export interface MockOptions {
  /** How long a pod takes from Job to Ready, ms. */
  startMs: number
  /** The Job controller's back-off before it replaces a pod, ms. */
  backoffMs: number
  leaseMs: number
  lifetimeMs: number
  /** The most pods that may be held at once. */
  cap: number
  forecast: Pool['forecast']
  cluster: Pool['cluster']
  /** Every pong is held this long by the pod, and says so, ms. */
  holdMs: number
  /** Every pong is this late, as by a slow network, ms. */
  lagMs: number
}

export const DEFAULTS: MockOptions = {
  startMs: 1_400,
  backoffMs: 10_000,
  leaseMs: 5 * 60_000,
  lifetimeMs: 30 * 60_000,
  cap: 8,
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

export interface MockPod extends Pod {
  state: 'ready' | 'frozen' | 'gone'
  /** Called with how the pod ends; the socket side listens. */
  onEnd: (how: HowToDie) => void
}
export interface MockSession {
  id: string
  epoch: number
  source: Session['source']
  pod: MockPod | undefined
  progress: Progress | undefined
  leaseEndsMs: number
  endsMs: number
  ended: Session['endReason'] | undefined
  /** Its Job was left to heal. */
  healing: boolean
  heals: Session['heals']
  timers: Set<NodeJS.Timeout>
}
interface Slot {
  slot: number
  gen: number
  state: PoolSlot['state']
  sinceMs: number
  pod: MockPod | undefined
  startedMs: number
}

export class MockCluster {
  readonly options: MockOptions
  readonly sessions = new Map<string, MockSession>()
  readonly pods = new Map<string, MockPod>()
  readonly slots: Slot[]
  #timers = new Set<NodeJS.Timeout>()
  #made = 0

  constructor(options: Partial<MockOptions> = {}) {
    this.options = { ...DEFAULTS, ...options }
    this.slots = [0, 1, 2, 3].map((slot) => ({
      slot,
      gen: 1,
      state: 'warm',
      sinceMs: Date.now() - 90_000,
      pod: this.makePod(90_000, `warm-${slot}-1`),
      startedMs: 0,
    }))
  }

  /** @param job the first part of its name; a warm pod's says slot and generation. */
  makePod(ageMs = 0, job = 'cold-ada-1'): MockPod {
    const n = ++this.#made
    const uid = randomUUID()
    const pod: MockPod = {
      name: `${job}-x7k2m-${uid.slice(0, 5)}`,
      uid,
      alias: aliasOf(uid),
      ip: `127.44.0.${n + 1}`,
      node: 'ip-10-0-41-7.us-east-2',
      zone: `us-east-2${'abc'[n % 3]}`,
      startedAt: new Date(Date.now() - ageMs).toISOString(),
      state: 'ready',
      onEnd: () => {},
    }
    this.pods.set(pod.ip, pod)
    return pod
  }

  after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, ms)
    this.#timers.add(timer)
  }

  /** Takes a warm pod and starts the next one in its slot; undefined when none is warm. */
  takeWarm(): MockPod | undefined {
    const slot = this.slots.find(({ state }) => state === 'warm')
    if (!slot?.pod) return undefined
    const { pod } = slot
    Object.assign(slot, { state: 'claimed', sinceMs: Date.now() })
    this.after(60, () => this.refill(slot))
    return pod
  }

  refill(slot: Slot): void {
    Object.assign(slot, {
      state: 'starting',
      gen: slot.gen + 1,
      pod: undefined,
      sinceMs: Date.now(),
      startedMs: Date.now(),
    })
    this.after(this.options.startMs, () =>
      Object.assign(slot, {
        state: 'warm',
        pod: this.makePod(0, `warm-${slot.slot}-${slot.gen}`),
        sinceMs: Date.now(),
      }),
    )
  }

  /** The steps a start begun at `fromMs` has come to by now. */
  progress(fromMs: number): Progress {
    const shares = { created: 0, scheduled: 0.1, started: 0.5, ready: 1 }
    return (['created', 'scheduled', 'started', 'ready'] as const).map((step) => {
      const at = fromMs + shares[step] * this.options.startMs
      return { step, at: at <= Date.now() ? new Date(at).toISOString() : null }
    })
  }

  end(pod: MockPod, how: HowToDie): void {
    if (pod.state === 'gone') return
    pod.state = 'gone'
    this.pods.delete(pod.ip)
    pod.onEnd(how)
  }

  pool(): Pool {
    const none = { n: 0, p50Ms: null, p95Ms: null }
    return {
      target: 4,
      cap: this.options.cap,
      live: [...this.sessions.values()].filter(({ ended }) => !ended).length,
      slots: this.slots.map(({ slot, gen, state, sinceMs, pod, startedMs }) => {
        const { onEnd: _, state: __, ...shown } = pod ?? { onEnd: 0, state: 0 }
        return {
          slot,
          gen,
          state,
          since: new Date(sinceMs).toISOString(),
          ...(pod && { alias: pod.alias, pod: shown as Pod }),
          ...(state === 'warm' && gen > 1 && { startMs: this.options.startMs }),
          ...(state === 'starting' && { progress: this.progress(startedMs) }),
        }
      }),
      refill: { lastRunAt: new Date().toISOString(), healthy: true },
      forecast: this.options.forecast,
      last24h: { warm: 0, cold: 0, refused: 0, kills: 0, start: none, heal: none },
      cluster: this.options.cluster,
    }
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }
}
