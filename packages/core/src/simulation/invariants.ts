/**
 * The rules that the simulated world checks after every step, as the simulator's panel shows them. From `onePod` to `gated` they
 * are the invariants 1, 3, 5, 7, 8, 9 and 11 of docs/design.md, "What always holds", in that order. `dead` and `cap` are additional.
 */
export const RULES = {
  onePod: 'A pod serves at most one session in its life.',
  apart: 'No two sessions hold the same pod.',
  grows: 'Generations and epochs only grow.',
  oneJob: 'Slots never exceed the target, and a generation of a slot has one Job.',
  guarded: 'No Job is deleted while a slot or a session that goes on names it.',
  spared: 'Upkeep never takes away the pod of a session that goes on.',
  gated: 'Only a pod that refill has lately seen Ready is handed out as warm.',
  dead: 'A pod that was killed is never handed back.',
  cap: 'There are never more Jobs than the quota allows.',
} as const

export type Rule = keyof typeof RULES

export interface Violation {
  readonly rule: Rule
  readonly detail: string
  /** The simulated world's clock, ms. */
  readonly atMs: number
}

/** Later violations are not kept. */
const VIOLATIONS_KEPT = 20

/** Counts the checks of each rule and keeps the first violations. */
export class Invariants {
  readonly checks: Record<Rule, number> = {
    onePod: 0,
    apart: 0,
    grows: 0,
    oneJob: 0,
    guarded: 0,
    spared: 0,
    gated: 0,
    dead: 0,
    cap: 0,
  }
  readonly violations: Violation[] = []
  /** The simulated world's clock, ms. */
  nowMs = 0

  /** Counts one check of a rule, and records a violation unless the rule holds. */
  check(rule: Rule, holds: boolean, detail: string): void {
    this.checks[rule]++
    if (holds || this.violations.length >= VIOLATIONS_KEPT) return
    this.violations.push({ rule, detail, atMs: this.nowMs })
  }
}
