/** The first thing that was not as it must always be (docs/design.md, "What always holds"). */
export interface Breach {
  /** The number of the invariant there; `rest` for the conditions at rest, `bug` for an answer that says `internal`. */
  readonly invariant: number | 'rest' | 'bug'
  readonly what: string
  /** What the history is read for: names of visitors, Jobs, pods, slots. */
  readonly about: readonly string[]
}

/** Keeps the first breach, and counts how often anything was looked at. */
export class Ledger {
  breach: Breach | undefined
  checks = 0
  readonly #only: Breach['invariant'] | undefined

  /** @param only what alone is looked for. */
  constructor(only?: Breach['invariant']) {
    this.#only = only
  }

  /** Notes a breach unless `holds`. */
  check(
    holds: boolean,
    invariant: Breach['invariant'],
    what: () => string,
    ...about: readonly string[]
  ): void {
    this.checks++
    if (holds || (this.#only !== undefined && this.#only !== invariant)) return
    this.breach ??= { invariant, what: what(), about }
  }
}
