/** Lambda: processes are reused for the next call, created when none is idle, and killed at their time-out. */

import type { Work } from '@warm-pods/core/state/work.ts'
import type { ApiHandler } from '@warm-pods/functions/api/handler.ts'
// Loads the modules of dynamic imports early, because a history may not await real I/O.
import '@warm-pods/functions/sessions/poll-pod.ts'
import { reconcile } from '@warm-pods/functions/refill/reconcile.ts'
import type { Services } from '@warm-pods/functions/services.ts'
import { queueClaims } from '@warm-pods/local/dev-server/claim-queue.ts'
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { eventOf, type RawRequest } from '../../functions/tests/_event.ts'
import { Process } from './engines/simulated-process.ts'
import type { Loop } from './engines/virtual-clock.ts'
import type { Wire } from './engines/wire.ts'
import type { Chance } from './seeded-random.ts'

/** The time-outs in stacks/functions/api.ts and stacks/functions/refill.ts. */
const TIMEOUT_MS = { api: 25_000, refill: 55_000 } as const
/** The retry of asynchronous invokes in stacks/functions/refill.ts: once, a minute later. */
const RETRY_MS = 60_000

interface Container {
  readonly process: Process
  readonly services: Services
  readonly handle: ApiHandler
}

export interface LambdasOptions {
  readonly loop: Loop
  readonly chance: Chance
  readonly wire: Wire
  /** Whether one process handles all calls, as in the dev server. Otherwise each process handles one call at a time. */
  readonly singleProcess: boolean
  readonly services: (process: Process) => Services
  readonly note: (line: () => string) => void
  /** Called when a reconciliation throws. */
  readonly onRefillError: (error: unknown) => undefined
}

/** The processes of the api Lambda and of refill. */
export class Lambdas {
  readonly #options: LambdasOptions
  #idle: Container[] = []
  #busy = new Set<Container>()
  #created = 0

  constructor(options: LambdasOptions) {
    this.#options = options
  }

  /** Sends one request to the api Lambda. The status is 502 when its process dies. */
  async api(request: RawRequest): Promise<{ status: number; body: unknown }> {
    const container = this.#take('api')
    const answered = await this.#within(container, 'api', () => container.handle(eventOf(request)))
    const { statusCode = 502, body }: APIGatewayProxyStructuredResultV2 = answered ?? {}
    return { status: statusCode, body: body ? JSON.parse(body) : undefined }
  }

  /** Invokes refill asynchronously. With `faulty` the invocation may be lost, delayed or doubled. */
  triggerRefill({ faulty = true, work = 'all' }: { faulty?: boolean; work?: Work } = {}): void {
    const { chance, loop, wire } = this.#options
    const { lost, twice, lateMs } = wire.faults.invoke
    if (faulty && chance.happens(lost)) {
      wire.count('trigger lost')
      this.#options.note(() => 'a trigger of refill is lost')
      return
    }
    const times = faulty && chance.happens(twice) ? 2 : 1
    if (times === 2) wire.count('trigger twice')
    for (let i = 0; i < times; i++) {
      const delayMs =
        faulty && lateMs > 0 && chance.happens(0.3) ? chance.between(0, lateMs) : chance.between(3, 40)
      loop.in(delayMs, () => this.#refill(work, 1))
    }
  }

  /** Retires all processes, as a deploy does. Busy ones finish their call and are not reused. */
  retire(): void {
    for (const { process } of this.#idle) process.die()
    this.#idle = []
    this.#busy = new Set()
  }

  /** Kills every process. */
  killAll(): void {
    for (const { process } of [...this.#idle, ...this.#busy]) process.die()
    this.#idle = []
    this.#busy = new Set()
  }

  async #refill(work: Work, retries: number): Promise<void> {
    const container = this.#take('refill')
    const { limits } = container.services
    container.process.work = work === 'all' ? [] : work
    this.#options.note(() => `${container.process.name} reconciles`)
    const summary = await this.#within(container, 'refill', () =>
      reconcile(container.services, limits.refillRunMs, work).catch(this.#options.onRefillError),
    )
    this.#options.note(
      () => `${container.process.name} ${summary ? `ends after ${summary.passes} passes` : 'fails'}`,
    )
    if (summary === undefined && retries > 0)
      this.#options.loop.in(RETRY_MS, () => this.#refill(work, retries - 1))
  }

  #take(kind: 'api' | 'refill'): Container {
    const shared = this.#options.singleProcess
      ? [...this.#busy].find((one) => isUsable(one, kind))
      : undefined
    const found = shared ?? this.#idle.find((one) => isUsable(one, kind)) ?? this.#create(kind)
    this.#idle = this.#idle.filter((one) => one !== found)
    this.#busy.add(found)
    return found
  }

  #create(kind: 'api' | 'refill'): Container {
    const { chance, wire, services } = this.#options
    const { skewMs } = wire.faults
    const process = new Process(`${kind}-${++this.#created}`, kind, chance.between(-skewMs, skewMs))
    const own = services(process)
    return { process, services: own, handle: queueClaims(own) }
  }

  /** Steps the wall clock of a process within its call, forward or back. */
  #maybeStepClock(process: Process): void {
    const { chance, loop, wire, note } = this.#options
    const { clockSteps, skewMs } = wire.faults
    if (skewMs === 0 || !chance.happens(clockSteps)) return
    loop.in(chance.between(0, chance.pick([10, 3_000])), () => {
      if (!process.alive) return
      wire.count('clock step')
      const wasMs = process.skewMs
      process.skewMs = chance.between(-skewMs, skewMs)
      note(() => `the clock of ${process.name} steps by ${Math.round(process.skewMs - wasMs)} ms`)
    })
  }

  /** @returns undefined when the process dies first. */
  async #within<T>(
    container: Container,
    kind: 'api' | 'refill',
    run: () => Promise<T>,
  ): Promise<T | undefined> {
    const { loop, note } = this.#options
    const { process } = container
    const call = { sinceMs: loop.nowMs }
    process.calls.add(call)
    this.#maybeStepClock(process)
    let isOver = false
    loop.in(TIMEOUT_MS[kind], () => {
      if (isOver || !process.alive) return
      note(() => `${process.name} is killed at its time-out`)
      process.die()
    })
    const result = await Promise.race([run(), process.died.then(() => undefined)])
    isOver = true
    process.calls.delete(call)
    if (process.calls.size > 0) return result
    // A process that was retired meanwhile is not reused.
    const kept = this.#busy.delete(container) && process.alive
    if (kept) this.#idle.push(container)
    return result
  }
}

function isUsable({ process }: Container, kind: 'api' | 'refill'): boolean {
  return process.alive && process.kind === kind
}
