/** The report of `npm run test:aws`: a table of steps, and the calls that were checked. */
import * as v from 'valibot'

export interface StepResult {
  readonly title: string
  /** Milliseconds. */
  readonly tookMs: number
  /** AWS calls during the step. */
  readonly calls: number
  readonly passed: boolean
}

/** Returns a table in Markdown with a row for each step and their sum. */
export function table(results: readonly StepResult[]): string {
  const seconds = (ms: number): string => (ms / 1000).toFixed(0)
  const sum = (of: (result: StepResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0)
  const rows = results.map(({ title, tookMs, calls, passed }) => [
    passed ? title : `**failed:** ${title}`,
    seconds(tookMs),
    String(calls),
  ])
  const total = [
    `${results.length} steps`,
    seconds(sum((result) => result.tookMs)),
    String(sum((result) => result.calls)),
  ]
  const body = [...rows, total].map((cells) => `| ${cells.join(' | ')} |`)
  return ['| step | seconds | AWS calls |', '| --- | --: | --: |', ...body].join('\n')
}

const Call = v.object({
  call: v.string(),
  /** Only our emulator writes this field. A provider that checks its calls checks every call that it logs. */
  checked: v.optional(v.boolean(), true),
  refused: v.optional(v.array(v.string())),
})

export interface Tally {
  readonly logged: number
  readonly checked: number
  /** Different operations among the checked calls. */
  readonly operations: number
  /** Operations of which a call could not be checked. */
  readonly unchecked: readonly string[]
  /** A sentence for each refused call. */
  readonly refused: readonly string[]
}

/** Reads a log with one JSON object per line. @throws ValiError or SyntaxError for another format. */
export function tally(log: string): Tally {
  const lines = log.split('\n').filter((line) => line.trim() !== '')
  const calls = lines.map((line) => v.parse(Call, JSON.parse(line)))
  const checked = calls.filter((call) => call.checked)
  return {
    logged: calls.length,
    checked: checked.length,
    operations: new Set(checked.map(({ call }) => call)).size,
    unchecked: [...new Set(calls.filter((call) => !call.checked).map(({ call }) => call))].sort(),
    refused: calls.flatMap(({ call, refused }) => (refused ? [`${call}: ${refused.join('; ')}`] : [])),
  }
}

/** Returns the resources of `after` that `before` lacks, by full line. */
export function added(before: readonly string[], after: readonly string[]): string[] {
  const known = new Set(before)
  return after.filter((line) => !known.has(line))
}

/** Returns whether a line equals the pattern. A pattern that ends with `*` matches every line with that start. */
export function matchesPattern(line: string, pattern: string): boolean {
  return pattern.endsWith('*') ? line.startsWith(pattern.slice(0, -1)) : line === pattern
}

/** Compares leftovers with the documented patterns. Returns a sentence for each difference. */
export function leftoverProblems(left: readonly string[], documented: readonly string[]): string[] {
  const undocumented = left.filter((line) => !documented.some((pattern) => matchesPattern(line, pattern)))
  const missing = documented.filter((pattern) => !left.some((line) => matchesPattern(line, pattern)))
  return [
    ...undocumented.map((line) => `Left, but not documented: ${line}.`),
    ...missing.map((pattern) => `Documented as left, but gone: ${pattern}.`),
  ]
}

/** Returns the names of the tables that a deploy could not create because they exist. */
export function existingTables(message: string): string[] {
  return [...new Set([...message.matchAll(/Table already exists: ([\w.-]+)/g)].map(([, name = '']) => name))]
}

const State = v.object({ latest: v.object({ resources: v.array(v.unknown()) }) })

/**
 * Returns the resources of an exported state as JSON.
 * Its pending operations also have the names of resources, and a deploy that was cut off leaves them in the state.
 * @throws SyntaxError or ValiError for another format.
 */
export function stateResources(output: string): string {
  return JSON.stringify(v.parse(State, JSON.parse(output.slice(output.indexOf('{')))).latest.resources)
}

/**
 * Returns the lines of the inventory that belong to a stage, and that the resources of its state do not mention.
 * Lines of tags repeat other lines, so they are left out.
 */
export function orphansOf(inventory: readonly string[], stage: string, resources: string): string[] {
  return inventory.filter((line) => {
    const name = line.split(' ').at(-1) ?? ''
    return !line.startsWith('tagged ') && name.includes(`warm-pods-${stage}-`) && !resources.includes(name)
  })
}
