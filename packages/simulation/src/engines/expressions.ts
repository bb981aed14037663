/**
 * The subset of DynamoDB's expressions that the stores use. Any other expression is an error.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
 */
export type Item = Record<string, unknown>

/** The names and values behind `#name` and `:value` in an expression. */
export interface Bindings {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined
  readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>> | undefined
}

/** An expression or option that the engine does not support. It fails the history as a bug. */
export class UnsupportedError extends Error {
  override name = 'UnsupportedError'
}

const COMPARATORS = ['=', '<>', '<', '<=', '>', '>='] as const
type Comparator = (typeof COMPARATORS)[number]
export type Condition =
  | { is: 'or' | 'and'; of: readonly Condition[] }
  | { is: 'not'; of: Condition }
  | { is: 'exists' | 'missing'; path: string }
  | { is: 'begins'; path: string; with: string }
  | { is: 'compares'; left: string; by: Comparator; right: string }

export interface Update {
  readonly set: readonly (readonly [path: string, value: string])[]
  readonly remove: readonly string[]
  readonly add: readonly (readonly [path: string, value: string])[]
  /** Elements to remove from a set. */
  readonly delete: readonly (readonly [path: string, value: string])[]
}

const TOKEN = /\s*(?:([#:]?[A-Za-z_]\w*)|(<>|<=|>=|[=<>(),]))/y

const split = new Map<string, readonly string[]>()

function tokens(expression: string): readonly string[] {
  return kept(split, expression, () => tokenised(expression))
}

function tokenised(expression: string): string[] {
  const found: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < expression.trimEnd().length) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(expression)
    if (!match) throw new UnsupportedError(`Not understood in "${expression}", at ${at}.`)
    found.push(match[1] ?? match[2] ?? '')
  }
  return found
}

class Reader {
  readonly #tokens: readonly string[]
  #at = 0
  readonly #whole: string

  constructor(expression: string) {
    this.#whole = expression
    this.#tokens = tokens(expression)
  }

  get over(): boolean {
    return this.#at >= this.#tokens.length
  }

  peek(): string {
    return this.#tokens[this.#at] ?? ''
  }

  next(): string {
    return this.#tokens[this.#at++] ?? this.fail()
  }

  /** Consumes the next token if it is this one. */
  takes(token: string): boolean {
    if (this.peek().toUpperCase() !== token) return false
    this.#at++
    return true
  }

  expect(token: string): void {
    if (!this.takes(token)) this.fail()
  }

  fail(): never {
    throw new UnsupportedError(`Not understood in "${this.#whole}", at "${this.peek()}".`)
  }
}

const conditions = new Map<string, Condition>()
const updates = new Map<string, Update>()

/** @throws UnsupportedError for syntax that the stores do not use. */
export function conditionOf(expression: string): Condition {
  return kept(conditions, expression, () => {
    const reader = new Reader(expression)
    const condition = either(reader)
    return reader.over ? condition : reader.fail()
  })
}

/** @throws UnsupportedError for syntax that the stores do not use. */
export function updateOf(expression: string): Update {
  return kept(updates, expression, () => {
    const reader = new Reader(expression)
    const update = {
      set: [] as [string, string][],
      remove: [] as string[],
      add: [] as [string, string][],
      delete: [] as [string, string][],
    }
    while (!reader.over) clause(reader, update)
    return update
  })
}

function clause(
  reader: Reader,
  update: {
    set: [string, string][]
    remove: string[]
    add: [string, string][]
    delete: [string, string][]
  },
): void {
  const word = reader.next().toUpperCase()
  do {
    if (word === 'SET') {
      const path = reader.next()
      reader.expect('=')
      update.set.push([path, valueName(reader)])
    } else if (word === 'REMOVE') update.remove.push(reader.next())
    else if (word === 'ADD') update.add.push([reader.next(), valueName(reader)])
    else if (word === 'DELETE') update.delete.push([reader.next(), valueName(reader)])
    else reader.fail()
  } while (reader.takes(','))
}

function valueName(reader: Reader): string {
  return reader.peek().startsWith(':') ? reader.next() : reader.fail()
}

function either(reader: Reader): Condition {
  const of = [both(reader)]
  while (reader.takes('OR')) of.push(both(reader))
  return of.length === 1 && of[0] ? of[0] : { is: 'or', of }
}

function both(reader: Reader): Condition {
  const of = [single(reader)]
  while (reader.takes('AND')) of.push(single(reader))
  return of.length === 1 && of[0] ? of[0] : { is: 'and', of }
}

function single(reader: Reader): Condition {
  if (reader.takes('NOT')) return { is: 'not', of: single(reader) }
  if (reader.takes('(')) {
    const inner = either(reader)
    reader.expect(')')
    return inner
  }
  const word = reader.next()
  if (reader.takes('(')) return call(reader, word)
  const by = COMPARATORS.find((comparator) => comparator === reader.peek()) ?? reader.fail()
  reader.next()
  return { is: 'compares', left: word, by, right: reader.next() }
}

function call(reader: Reader, name: string): Condition {
  const path = reader.next()
  if (name === 'begins_with') {
    reader.expect(',')
    const prefix = valueName(reader)
    reader.expect(')')
    return { is: 'begins', path, with: prefix }
  }
  reader.expect(')')
  if (name === 'attribute_exists') return { is: 'exists', path }
  return name === 'attribute_not_exists' ? { is: 'missing', path } : reader.fail()
}

function kept<T>(cache: Map<string, T>, expression: string, parse: () => T): T {
  const known = cache.get(expression)
  if (known !== undefined) return known
  const parsed = parse()
  cache.set(expression, parsed)
  return parsed
}

/** Resolves `#names` and `:values` and records their use. Unused ones are an error, as in DynamoDB. */
export class Scope {
  readonly #names: Readonly<Record<string, string>>
  readonly #values: Readonly<Record<string, unknown>>

  constructor({ ExpressionAttributeNames = {}, ExpressionAttributeValues = {} }: Bindings) {
    this.#names = ExpressionAttributeNames
    this.#values = ExpressionAttributeValues
  }

  /** @throws Error with the names and values that no expression uses. */
  checkUse(...expressions: readonly (string | undefined)[]): void {
    const used = new Set(expressions.flatMap((expression) => (expression ? tokens(expression) : [])))
    const unused = [...Object.keys(this.#names), ...Object.keys(this.#values)].filter(
      (name) => !used.has(name),
    )
    if (unused.length > 0) throw new Error(`Unused in expressions: ${unused.join(', ')}.`)
  }

  name(path: string): string {
    if (!path.startsWith('#')) return path
    const name = this.#names[path]
    if (name === undefined) throw new Error(`${path} is not defined.`)
    return name
  }

  value(placeholder: string): unknown {
    if (!(placeholder in this.#values)) throw new Error(`${placeholder} is not defined.`)
    return this.#values[placeholder]
  }

  operand(token: string, item: Item): unknown {
    return token.startsWith(':') ? this.value(token) : item[this.name(token)]
  }
}

/** Returns whether a condition holds for an item. A missing item has no attributes. */
export function holds(condition: Condition, item: Item, scope: Scope): boolean {
  switch (condition.is) {
    case 'or':
      return condition.of.some((one) => holds(one, item, scope))
    case 'and':
      return condition.of.every((one) => holds(one, item, scope))
    case 'not':
      return !holds(condition.of, item, scope)
    case 'exists':
      return item[scope.name(condition.path)] !== undefined
    case 'missing':
      return item[scope.name(condition.path)] === undefined
    case 'begins': {
      const value = item[scope.name(condition.path)]
      return typeof value === 'string' && value.startsWith(String(scope.value(condition.with)))
    }
    case 'compares':
      return compare(scope.operand(condition.left, item), condition.by, scope.operand(condition.right, item))
    default:
      return condition satisfies never
  }
}

/** A missing value, or a value of another type, is unequal to every value, and neither less nor greater. */
function compare(left: unknown, by: Comparator, right: unknown): boolean {
  if (by === '<>') return left !== right
  if (by === '=') return left !== undefined && left === right
  const ordered =
    (typeof left === 'number' && typeof right === 'number') ||
    (typeof left === 'string' && typeof right === 'string')
  if (!ordered) return false
  if (by === '<') return left < right
  if (by === '<=') return left <= right
  return by === '>' ? left > right : left >= right
}

/**
 * Returns the item after an update.
 * @throws Error when a path occurs twice, or when ADD meets values other than two numbers or two sets, or DELETE other than sets.
 */
export function updated(update: Update, item: Item, scope: Scope): Item {
  const paths = [...update.set, ...update.add, ...update.delete].map(([path]) => path)
  const names = [...paths, ...update.remove].map((path) => scope.name(path))
  if (new Set(names).size < names.length) throw new Error('Two paths of an update overlap.')
  const next = { ...item }
  for (const [path, value] of update.set) next[scope.name(path)] = scope.value(value)
  for (const path of update.remove) delete next[scope.name(path)]
  for (const [path, value] of update.add) {
    const before = next[scope.name(path)]
    next[scope.name(path)] = added(before, scope.value(value))
  }
  for (const [path, value] of update.delete) {
    const name = scope.name(path)
    const removed = setOf(scope.value(value))
    const left = [...setOf(next[name] ?? new Set())].filter((element) => !removed.has(element))
    // DynamoDB has no empty sets.
    if (left.length > 0) next[name] = new Set(left)
    else delete next[name]
  }
  return next
}

function added(before: unknown, by: unknown): unknown {
  if (by instanceof Set) return new Set([...setOf(before ?? new Set()), ...by])
  if (typeof (before ?? 0) !== 'number' || typeof by !== 'number')
    throw new Error('ADD needs numbers or sets.')
  return Number(before ?? 0) + by
}

function setOf(value: unknown): Set<unknown> {
  if (value instanceof Set) return value
  throw new Error('A set is needed.')
}
