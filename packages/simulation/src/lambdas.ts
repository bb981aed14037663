/** Lambda: processes that are kept for the next call, made when there is none, and killed when they take too long. */

import type { ApiHandler } from '@warm-pods/functions/api/handler.ts'
// A part that is loaded when it is first needed is loaded before: nothing real may be awaited in a history.
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

/** As stacks/functions/api.ts and stacks/functions/refill.ts set them. */
const TIMEOUT_MS = { api: 25_000, refill: 55_000 } as const
/** As stacks/functions/refill.ts configures asynchronous invokes: one more try, a minute later. */
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
  /** Everyone's calls in one process, as on one machine; else one call at a time in each. */
  readonly together: boolean
  readonly services: (process: Process) => Services
  readonly note: (line: () => string) => void
  /** A run of refill has thrown. */
  readonly onRefillError: (error: unknown) => undefined
}

export class Lambdas {
  readonly #o: LambdasOptions
  #idle: Container[] = []
  #busy = new Set<Container>()
  #made = 0

  constructor(options: LambdasOptions) {
    this.#o = options
  }

  /** One request; 502 when its process died. */
  async api(request: RawRequest): Promise<{ status: number; body: unknown }> {
    const container = this.#take('api')
    const answered = await this.#within(container, 'api', () => container.handle(eventOf(request)))
    const { statusCode = 502, body }: APIGatewayProxyStructuredResultV2 = answered ?? {}
    return { status: statusCode, body: body ? JSON.parse(body) : undefined }
  }

  /** An asynchronous invoke of refill: it may be lost, come late, or come twice. */
  wake(faulty = true): void {
    const { chance, loop, wire } = this.#o
    const { lost, twice, lateMs } = wire.faults.invoke
    if (faulty && chance.happens(lost)) {
      wire.count('wake lost')
      this.#o.note(() => 'a wake of refill is lost')
      return
    }
    const times = faulty && chance.happens(twice) ? 2 : 1
    if (times === 2) wire.count('wake twice')
    for (let i = 0; i < times; i++) {
      const lateBy =
        faulty && lateMs > 0 && chance.happens(0.3) ? chance.between(0, lateMs) : chance.between(3, 40)
      loop.in(lateBy, () => this.#refill(1))
    }
  }

  /** A deploy, or the service's own choice: no process is used again, those at work end their call. */
  retire(): void {
    for (const { process } of this.#idle) process.die()
    this.#idle = []
    this.#busy = new Set()
  }

  /** Every process dies now. */
  killAll(): void {
    for (const { process } of [...this.#idle, ...this.#busy]) process.die()
    this.#idle = []
    this.#busy = new Set()
  }

  async #refill(retries: number): Promise<void> {
    const container = this.#take('refill')
    const { limits } = container.services
    this.#o.note(() => `${container.process.name} runs`)
    const summary = await this.#within(container, 'refill', () =>
      reconcile(container.services, limits.refillRunMs).catch(this.#o.onRefillError),
    )
    this.#o.note(
      () => `${container.process.name} ${summary ? `ends after ${summary.passes} passes` : 'fails'}`,
    )
    if (summary === undefined && retries > 0) this.#o.loop.in(RETRY_MS, () => this.#refill(retries - 1))
  }

  #take(kind: 'api' | 'refill'): Container {
    const shared = this.#o.together ? [...this.#busy].find((one) => isUsable(one, kind)) : undefined
    const found = shared ?? this.#idle.find((one) => isUsable(one, kind)) ?? this.#make(kind)
    this.#idle = this.#idle.filter((one) => one !== found)
    this.#busy.add(found)
    return found
  }

  #make(kind: 'api' | 'refill'): Container {
    const { chance, wire, services } = this.#o
    const { skewMs } = wire.faults
    const process = new Process(`${kind}-${++this.#made}`, kind, chance.between(-skewMs, skewMs))
    const own = services(process)
    return { process, services: own, handle: queueClaims(own) }
  }

  /** @returns undefined when the process died before it was done. */
  async #within<T>(
    container: Container,
    kind: 'api' | 'refill',
    run: () => Promise<T>,
  ): Promise<T | undefined> {
    const { loop, note } = this.#o
    const { process } = container
    const call = { sinceMs: loop.nowMs }
    process.calls.add(call)
    let over = false
    loop.in(TIMEOUT_MS[kind], () => {
      if (over || !process.alive) return
      note(() => `${process.name} is killed: it took too long`)
      process.die()
    })
    const result = await Promise.race([run(), process.died.then(() => undefined)])
    over = true
    process.calls.delete(call)
    if (process.calls.size > 0) return result
    // One that was retired meanwhile is not used again.
    const kept = this.#busy.delete(container) && process.alive
    if (kept) this.#idle.push(container)
    return result
  }
}

function isUsable({ process }: Container, kind: 'api' | 'refill'): boolean {
  return process.alive && process.kind === kind
}
