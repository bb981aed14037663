import { table } from './report.ts'

/** Thrown by a step whose result is not the expected one. */
export class StepError extends Error {}

/** Runs steps one after the other, and keeps their durations and numbers of AWS calls. */
export class Steps {
  readonly #results: { title: string; tookMs: number; calls: number; passed: boolean }[] = []
  readonly #calls: () => number

  /** @param calls returns the number of AWS calls so far. */
  constructor(calls: () => number) {
    this.#calls = calls
  }

  /** Runs a step and prints its title, then its duration. @throws the error of the step. */
  async run<T>(title: string, body: () => Promise<T>): Promise<T> {
    const startedMs = performance.now()
    const callsBefore = this.#calls()
    console.log(title)
    let passed = false
    try {
      const result = await body()
      passed = true
      return result
    } finally {
      const tookMs = performance.now() - startedMs
      const calls = this.#calls() - callsBefore
      this.#results.push({ title, tookMs, calls, passed })
      console.log(`  ${passed ? 'passed' : 'FAILED'} in ${(tookMs / 1000).toFixed(0)} s, ${calls} AWS calls`)
    }
  }

  /** Returns the table of all steps so far. */
  table(): string {
    return table(this.#results)
  }
}
