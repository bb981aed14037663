/**
 * Simulates a day of visitors with a quiet night and a front-page hour. It compares pools of a fixed size with a pool that follows its
 * arrivals. It prints a table for docs/scale.md and writes docs/img/pool-size.svg. A seed makes every run equal.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Limits, limitsWith } from '@warm-pods/core/limits.ts'
import { type ArrivalWindow, sizePool } from '@warm-pods/core/planner/size-pool.ts'
import { seeded } from '@warm-pods/core/simulation/random.ts'
import { isSized, type Sizing } from '@warm-pods/core/state/sizing.ts'

const DAY_S = 86_400
const HOUR_S = 3_600
/** Refill passes at most this often in the simulation. */
const PASS_S = 5
const ROW_S = 600
const START_S = 40
/** A visitor holds the pod this long, so it takes a place of the quota. */
const VISIT_S = 180
const FRONT_PAGE_HOUR = 15

interface Day {
  readonly warm: number
  readonly visitors: number
  /** Slots that were filled or starting, summed over the day. */
  readonly podHours: number
  /** Visitors of the front-page hour, and the warm ones of them. */
  readonly rush: { visitors: number; warm: number }
  /** Slots at the end of each ten minutes. */
  readonly sizes: readonly number[]
}

/** Visitors a minute at a time of the day, s: one in ten minutes at night, two by day, thirty in the front-page hour. */
function rateAt(second: number): number {
  const hour = second / HOUR_S
  if (hour >= FRONT_PAGE_HOUR && hour < FRONT_PAGE_HOUR + 1) return 30
  return hour < 6 || hour >= 23 ? 0.1 : 2
}

/** Plays the day second by second. */
function play(limits: Limits): Day {
  const random = seeded(7)
  const starting: number[] = []
  const left: number[] = []
  const counts = new Map<number, number>()
  const sizes: number[] = []
  const rush = { visitors: 0, warm: 0 }
  let [target, warmSlots, warm, visitors, podSeconds] = [limits.target, limits.target, 0, 0, 0]
  let sizing: Sizing | undefined
  const arrive = (second: number): void => {
    visitors++
    const row = Math.floor(second / ROW_S)
    counts.set(row, (counts.get(row) ?? 0) + 1)
    left.push(second + VISIT_S)
    const isWarm = warmSlots > 0
    if (isWarm) {
      warmSlots--
      warm++
    }
    if (rateAt(second) < 30) return
    rush.visitors++
    rush.warm += Number(isWarm)
  }
  for (let second = 0; second < DAY_S; second++) {
    for (let chance = rateAt(second) / 60; chance > 0; chance--) if (random() < chance) arrive(second)
    while ((starting[0] ?? DAY_S) <= second) {
      starting.shift()
      warmSlots++
    }
    while ((left[0] ?? DAY_S) <= second) left.shift()
    if (second % PASS_S === 0 && isSized(limits)) {
      const windows = [0, 1, 5].map((back) => windowOf(counts, second, back))
      sizing = sizePool({ windows, startMs: START_S * 1_000 }, sizing, left.length, second * 1_000, limits)
      target = sizing.target
    }
    for (let missing = target - warmSlots - starting.length; missing > 0; missing--)
      starting.push(second + START_S)
    warmSlots = Math.max(0, Math.min(warmSlots, target - starting.length))
    podSeconds += warmSlots + starting.length
    if (second % ROW_S === 0) sizes.push(target)
  }
  return { warm, visitors, podHours: podSeconds / HOUR_S, rush, sizes }
}

/** Arrivals since the row before the last `back` rows, as `StatsStore.demand` counts them when refill has watched all the time. */
function windowOf(counts: ReadonlyMap<number, number>, second: number, back: number): ArrivalWindow {
  const row = Math.floor(second / ROW_S)
  let arrivals = 0
  for (let n = 0; n <= back; n++) arrivals += counts.get(row - n) ?? 0
  return { minutes: (second - (row - back) * ROW_S) / 60, arrivals }
}

/** Prints the table, and writes the picture. */
export function benchDay(): void {
  const fixed = (target: number): Limits => limitsWith({ target, cap: 400 })
  const variable = limitsWith({ targetMax: 60, cap: 400 })
  const pools = [
    ['4 slots', fixed(4)],
    ['12 slots', fixed(12)],
    ['32 slots', fixed(32)],
    ['4 to 60 slots', variable],
  ] as const
  const days = pools.map(([name, limits]) => ({ name, ...play(limits) }))
  const share = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`
  console.log('| pool | served warm | in the front-page hour | pod hours | largest |')
  console.log('|---|--:|--:|--:|--:|')
  for (const { name, podHours, rush, sizes, visitors, warm } of days)
    console.log(
      `| ${name} | ${share(warm, visitors)} | ${share(rush.warm, rush.visitors)} | ${Math.round(podHours)} | ${Math.max(...sizes)} |`,
    )
  console.log(`${days[0]?.visitors} visitors, starts of ${START_S} s`)
  const picture = fileURLToPath(new URL('../../../docs/img/pool-size.svg', import.meta.url))
  writeFileSync(picture, pictureOf(days.at(-1)?.sizes ?? []))
}

/** The size over the day as a line, with the hours below. */
function pictureOf(sizes: readonly number[]): string {
  const [width, height, top] = [720, 220, Math.max(...sizes)]
  const x = (index: number): number => Math.round(40 + (index / (sizes.length - 1)) * (width - 60))
  const y = (size: number): number => Math.round(height - 30 - (size / top) * (height - 50))
  const line = sizes.map(
    (size, index) => `${index === 0 ? 'M' : 'H'}${x(index)}${index === 0 ? ' ' : 'V'}${y(size)}`,
  )
  const hours = [0, 6, 12, 18, 24].map(
    (hour) => `<text x="${x((hour / 24) * (sizes.length - 1))}" y="${height - 10}">${hour}:00</text>`,
  )
  const levels = [4, top].map((size) => `<text x="8" y="${y(size) + 4}">${size}</text>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#555">
<title>Slots of a pool that follows its arrivals, over a day with a front-page hour at ${FRONT_PAGE_HOUR}:00</title>
<path d="${line.join('')}" fill="none" stroke="#3b6ecc" stroke-width="2"/>
${[...hours, ...levels].join('\n')}
</svg>
`
}
