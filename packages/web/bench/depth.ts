/** How long a measurement takes, and its progress lines. */
export interface Depth {
  /** Both sides of a comparison take turns this often, so that a busy minute of the machine affects both. */
  readonly rounds: number
  /** Before a measurement, after the page was opened, ms. */
  readonly settleMs: number
  /** Measured in each round, ms. */
  readonly errorMs: number
  readonly commitsMs: number
  readonly clicks: number
  readonly kills: number
  /** Prints a step of the measurement. */
  say(text: string): void
}

const startedMs = performance.now()

/** Prints a line with the seconds since the start. */
function say(text: string): void {
  console.log(`${((performance.now() - startedMs) / 1_000).toFixed(0).padStart(4)} s  ${text}`)
}

/** For all measurements in one run, which takes less than three minutes on a calm machine. */
export const QUICK: Depth = {
  rounds: 2,
  settleMs: 2_000,
  errorMs: 6_000,
  commitsMs: 4_000,
  clicks: 4,
  kills: 2,
  say,
}

/** For one measurement by its name. */
export const FULL: Depth = {
  rounds: 3,
  settleMs: 5_000,
  errorMs: 20_000,
  commitsMs: 10_000,
  clicks: 5,
  kills: 3,
  say,
}
