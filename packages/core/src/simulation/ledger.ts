/** What must hold after every step, as a visitor of the simulator reads it (docs/design.md, "What always holds"). */
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

export interface Breach {
  readonly rule: Rule
  readonly detail: string
  readonly atMs: number
}

const BREACHES_KEPT = 20

/** Counts how often each rule was looked at, and keeps what broke one. */
export class Ledger {
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
  readonly breaches: Breach[] = []
  /** Clock of the world it watches, ms. */
  nowMs = 0

  /** Notes one look at a rule, and a breach unless it `holds`. */
  look(rule: Rule, holds: boolean, detail: string): void {
    this.checks[rule]++
    if (holds || this.breaches.length >= BREACHES_KEPT) return
    this.breaches.push({ rule, detail, atMs: this.nowMs })
  }
}
