/** Kills processes of the system at random. The seed makes the choice repeatable. */
import { setTimeout as sleep } from 'node:timers/promises'
import { between } from '@warm-pods/core/simulation/random.ts'
import { signalProcess } from '@warm-pods/local/supervisor/process-groups.ts'
import type { Ledger } from './ledger.ts'
import type { Kind } from './processes.ts'
import type { SoakSystem } from './system.ts'

/** The relative frequency of each kind of process. */
const WEIGHTS: readonly (readonly [Kind, number])[] = [
  ['pod', 5],
  ['dev-server', 2],
  ['refill', 3],
  ['dynamodb', 2],
  ['kubernetes', 2],
  ['reaper', 1],
]
/** The supervisor gives a service up after more than four exits in a minute. Fewer kills than that stay below the limit. */
const SERVICE_KILLS = 3
const WINDOW_MS = 65_000

export class Killer {
  readonly kills = new Map<Kind, number>()
  readonly #random: () => number
  readonly #ledger: Ledger
  readonly #system: SoakSystem
  readonly #recent: { readonly kind: Kind; readonly atMs: number }[] = []

  constructor(system: SoakSystem, ledger: Ledger, random: () => number) {
    this.#system = system
    this.#ledger = ledger
    this.#random = random
  }

  /**
   * Sends SIGKILL to one process after another until the signal aborts.
   * @param everyMs the average time between two kills, milliseconds.
   */
  async run(everyMs: number, signal: AbortSignal, log: (text: string) => void): Promise<void> {
    while (!signal.aborted) {
      await sleep(between(this.#random, 0.5, 1.5) * everyMs, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      const kind = this.#pick()
      const victims = this.#system.processes().filter((one) => one.kind === kind)
      const victim = victims[Math.floor(this.#random() * victims.length)]
      if (!victim || !signalProcess(victim.pid, 'SIGKILL')) continue
      const now = performance.now()
      this.#recent.push({ kind, atMs: now })
      this.kills.set(kind, (this.kills.get(kind) ?? 0) + 1)
      if (kind !== 'pod' && kind !== 'reaper') this.#ledger.lastKillMs = now
      log(`SIGKILL to ${kind} (${victim.pid})`)
    }
  }

  #pick(): Kind {
    const now = performance.now()
    const allowed = WEIGHTS.filter(([kind]) => {
      const lately = this.#recent.filter((kill) => kill.kind === kind && now - kill.atMs < WINDOW_MS)
      return kind === 'pod' || lately.length < SERVICE_KILLS
    })
    let left = this.#random() * allowed.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [kind, weight] of allowed) {
      left -= weight
      if (left < 0) return kind
    }
    return 'pod'
  }
}
