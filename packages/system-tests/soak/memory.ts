import { setTimeout as sleep } from 'node:timers/promises'
import { type Kind, residentMiB } from './processes.ts'
import type { SoakSystem } from './system.ts'

interface Life {
  readonly kind: Kind
  readonly samples: { readonly atMs: number; readonly mib: number }[]
}

export interface MemoryRow {
  readonly kind: Kind
  readonly lives: number
  readonly mostMiB: number
  /** Of the longest life: how long, and the medians of its second and its last quarter. */
  readonly longestMs: number
  readonly earlyMiB: number
  readonly lateMiB: number
}

const EVERY_MS = 2_000
/** Shorter lives say nothing: a process grows while it warms up. */
const TELLING_MS = 280_000

/** Samples the resident memory of every process of the system until the signal. */
export class Memory {
  readonly #lives = new Map<number, Life>()

  async run(system: SoakSystem, signal: AbortSignal): Promise<void> {
    const starter = { pid: system.starter.pid ?? 0, kind: 'starter' as const }
    while (!signal.aborted) {
      for (const { kind, pid } of [starter, ...system.processes()]) {
        const mib = residentMiB(pid)
        if (mib === undefined) continue
        const life = this.#lives.get(pid) ?? { kind, samples: [] }
        this.#lives.set(pid, life)
        life.samples.push({ atMs: performance.now(), mib })
      }
      await sleep(EVERY_MS, undefined, { signal }).catch(() => {})
    }
  }

  rows(): MemoryRow[] {
    const kinds = [...new Set([...this.#lives.values()].map(({ kind }) => kind))]
    return kinds.map((kind) => {
      const lives = [...this.#lives.values()].filter((life) => life.kind === kind)
      const longest = lives.reduce((best, life) => (lastedMs(life) > lastedMs(best) ? life : best))
      return {
        kind,
        lives: lives.length,
        mostMiB: Math.max(...lives.flatMap(({ samples }) => samples.map(({ mib }) => mib))),
        longestMs: lastedMs(longest),
        earlyMiB: quarter(longest, 1),
        lateMiB: quarter(longest, 3),
      }
    })
  }

  /** The kinds whose longest life grew as only a leak does: by a third and by 30 MiB from its second quarter to its last. */
  leaks(): string[] {
    return this.rows()
      .filter((row) => row.longestMs >= TELLING_MS)
      .filter((row) => row.lateMiB > 1.33 * row.earlyMiB && row.lateMiB - row.earlyMiB > 30)
      .map((row) => `${row.kind} grew from ${Math.round(row.earlyMiB)} to ${Math.round(row.lateMiB)} MiB`)
  }
}

function lastedMs({ samples }: Life): number {
  return (samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0)
}

function quarter({ samples }: Life, which: 1 | 3): number {
  const from = Math.floor((samples.length * which) / 4)
  const part = samples.slice(from, from + Math.max(1, Math.floor(samples.length / 4))).map(({ mib }) => mib)
  return part.sort((a, b) => a - b)[Math.floor(part.length / 2)] ?? 0
}
