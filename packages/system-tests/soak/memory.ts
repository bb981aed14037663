import { setTimeout as sleep } from 'node:timers/promises'
import { type Kind, residentMiB } from './processes.ts'
import type { SoakSystem } from './system.ts'

/** The samples of one process. */
interface Life {
  readonly kind: Kind
  readonly samples: { readonly atMs: number; readonly mib: number }[]
}

export interface MemoryRow {
  readonly kind: Kind
  /** How many processes of this kind have run. */
  readonly lives: number
  readonly mostMiB: number
  /** Of the longest-running process: the run time, and the median memory of its second and of its last quarter. */
  readonly longestMs: number
  readonly earlyMiB: number
  readonly lateMiB: number
}

const EVERY_MS = 2_000
/** Processes that ran for a shorter time are not judged, because memory grows during warm-up. */
const MIN_LIFE_MS = 280_000

/** Samples the resident memory of every process of the system. */
export class Memory {
  readonly #lives = new Map<number, Life>()

  /** Samples every two seconds until the signal aborts. */
  async run(system: SoakSystem, signal: AbortSignal): Promise<void> {
    const supervisor = { pid: system.supervisor.pid ?? 0, kind: 'supervisor' as const }
    while (!signal.aborted) {
      for (const { kind, pid } of [supervisor, ...system.processes()]) {
        const mib = residentMiB(pid)
        if (mib === undefined) continue
        const life = this.#lives.get(pid) ?? { kind, samples: [] }
        this.#lives.set(pid, life)
        life.samples.push({ atMs: performance.now(), mib })
      }
      await sleep(EVERY_MS, undefined, { signal }).catch(() => {})
    }
  }

  /** @returns one row for each kind of process. */
  rows(): MemoryRow[] {
    const kinds = [...new Set([...this.#lives.values()].map(({ kind }) => kind))]
    return kinds.map((kind) => {
      const lives = [...this.#lives.values()].filter((life) => life.kind === kind)
      const longest = lives.reduce((best, life) => (durationMs(life) > durationMs(best) ? life : best))
      return {
        kind,
        lives: lives.length,
        mostMiB: Math.max(...lives.flatMap(({ samples }) => samples.map(({ mib }) => mib))),
        longestMs: durationMs(longest),
        earlyMiB: quarter(longest, 1),
        lateMiB: quarter(longest, 3),
      }
    })
  }

  /** @returns a finding for each kind that grew by a third and by 30 MiB from the second to the last quarter. */
  leaks(): string[] {
    return this.rows()
      .filter((row) => row.longestMs >= MIN_LIFE_MS)
      .filter((row) => row.lateMiB > 1.33 * row.earlyMiB && row.lateMiB - row.earlyMiB > 30)
      .map((row) => `${row.kind} grew from ${Math.round(row.earlyMiB)} to ${Math.round(row.lateMiB)} MiB`)
  }
}

function durationMs({ samples }: Life): number {
  return (samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0)
}

function quarter({ samples }: Life, which: 1 | 3): number {
  const from = Math.floor((samples.length * which) / 4)
  const values = samples.slice(from, from + Math.max(1, Math.floor(samples.length / 4))).map(({ mib }) => mib)
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
