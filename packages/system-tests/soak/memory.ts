import { setTimeout as sleep } from 'node:timers/promises'
import { type Kind, residentMiB } from './processes.ts'
import type { SoakSystem } from './system.ts'

/** The samples of one process. */
interface Life {
  readonly kind: Kind
  readonly samples: { readonly atMs: number; readonly mib: number }[]
}

/** The memory of all processes of one kind together, at one moment. */
type Totals = ReadonlyMap<Kind | 'services', { readonly count: number; readonly mib: number }>

export interface MomentsRow {
  /** `services` is every kind except the pods. */
  readonly kind: Kind | 'services'
  /** Processes at the end. */
  readonly count: number
  readonly startMiB: number
  readonly middleMiB: number
  readonly endMiB: number
  readonly maxMiB: number
}

export interface MemoryRow {
  readonly kind: Kind
  /** How many processes of this kind have run. */
  readonly lives: number
  /** Of the longest-running process: the run time, and the median memory after its first third and of its last quarter. */
  readonly longestMs: number
  readonly warmMiB: number
  readonly lateMiB: number
}

const EVERY_MS = 2_000
/** Processes that ran for a shorter time are not judged, because memory grows during warm-up. */
const MIN_LIFE_MS = 280_000
/** No process may grow by more than this factor after its warm-up. */
const MAX_GROWTH = 1.2
/** The goal for all services together. `npm run soak` prints it and does not fail without it. */
export const SERVICES_GOAL_MIB = 600

/** Samples the resident memory of every process of the system. */
export class Memory {
  readonly #lives = new Map<number, Life>()
  readonly #totals: Totals[] = []

  /** Samples every two seconds until the signal aborts. */
  async run(system: Pick<SoakSystem, 'processes' | 'supervisor'>, signal: AbortSignal): Promise<void> {
    const supervisor = { pid: system.supervisor.pid ?? 0, kind: 'supervisor' as const }
    while (!signal.aborted) {
      const samples = [supervisor, ...system.processes()].flatMap(({ kind, pid }) => {
        const mib = residentMiB(pid)
        return mib === undefined ? [] : [{ kind, pid, mib }]
      })
      this.add(samples, performance.now())
      await sleep(EVERY_MS, undefined, { signal }).catch(() => {})
    }
  }

  /** Adds one sample of every process. @param atMs monotonic ms. */
  add(samples: readonly { kind: Kind; pid: number; mib: number }[], atMs: number): void {
    for (const { kind, mib, pid } of samples) {
      const life = this.#lives.get(pid) ?? { kind, samples: [] }
      this.#lives.set(pid, life)
      life.samples.push({ atMs, mib })
    }
    const kinds = new Set<Kind | 'services'>([...samples.map(({ kind }) => kind), 'services'])
    const totals = [...kinds].map((kind) => {
      const own = samples.filter((one) => (kind === 'services' ? one.kind !== 'pod' : one.kind === kind))
      return [kind, { count: own.length, mib: own.reduce((sum, { mib }) => sum + mib, 0) }] as const
    })
    this.#totals.push(new Map(totals))
  }

  /** @returns one row for each kind, and one for all services: the first, the middle and the last sample so far. */
  moments(): MomentsRow[] {
    const all = this.#totals
    const kinds = [...new Set(all.flatMap((totals) => [...totals.keys()]))]
    const ordered = [
      ...kinds.filter((kind) => kind !== 'services'),
      ...kinds.filter((kind) => kind === 'services'),
    ]
    return ordered.map((kind) => {
      const mibOf = (totals: Totals | undefined): number => totals?.get(kind)?.mib ?? 0
      return {
        kind,
        count: all.at(-1)?.get(kind)?.count ?? 0,
        startMiB: mibOf(all[0]),
        middleMiB: mibOf(all[Math.floor(all.length / 2)]),
        endMiB: mibOf(all.at(-1)),
        maxMiB: Math.max(...all.map(mibOf)),
      }
    })
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
        longestMs: durationMs(longest),
        warmMiB: median(longest, 1 / 3, 7 / 12),
        lateMiB: median(longest, 3 / 4, 1),
      }
    })
  }

  /** @returns a finding for each kind that grew too much after its warm-up. */
  findings(): string[] {
    return this.rows()
      .filter(({ lateMiB, longestMs, warmMiB }) => longestMs >= MIN_LIFE_MS && lateMiB > MAX_GROWTH * warmMiB)
      .map((row) => `${row.kind} grew from ${Math.round(row.warmMiB)} to ${Math.round(row.lateMiB)} MiB`)
  }
}

function durationMs({ samples }: Life): number {
  return (samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0)
}

/** @returns the median of the samples between two shares (0..1) of the run time. */
function median({ samples }: Life, from: number, to: number): number {
  const first = Math.floor(samples.length * from)
  const values = samples
    .slice(first, Math.max(first + 1, Math.floor(samples.length * to)))
    .map(({ mib }) => mib)
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
