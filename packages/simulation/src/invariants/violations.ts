/** A violated rule: an invariant of docs/design.md, or a condition of the simulation. */
export interface Violation {
  /**
   * The number of the invariant in docs/design.md. `at rest` stands for the conditions at rest, `bug` for an unexpected
   * error.
   */
  readonly invariant: number | 'at rest' | 'bug'
  readonly what: string
  /** The session ids, Jobs, pods and slots concerned, by which a report selects lines. */
  readonly about: readonly string[]
}

/** Names a rule for a report: `invariant 3`, `the conditions at rest` or `the absence of bugs`. */
export function nameOfRule(invariant: Violation['invariant']): string {
  if (invariant === 'at rest') return 'the conditions at rest'
  return invariant === 'bug' ? 'the absence of bugs' : `invariant ${invariant}`
}

/** Keeps the first violation, and counts the checks. */
export class Checker {
  violation: Violation | undefined
  checks = 0
  readonly #only: Violation['invariant'] | undefined

  /** @param only the rule to check; default: all. */
  constructor(only?: Violation['invariant']) {
    this.#only = only
  }

  /** Records a violation unless `holds`. */
  check(
    holds: boolean,
    invariant: Violation['invariant'],
    what: () => string,
    ...about: readonly string[]
  ): void {
    this.checks++
    if (holds || (this.#only !== undefined && this.#only !== invariant)) return
    this.violation ??= { invariant, what: what(), about }
  }
}
