/**
 * DynamoDB in memory. It executes the stores' commands one at a time, synchronously. Conditional writes and consistent
 * reads see the current items. Other reads may return an older version, and indexes lag by an option. TTL deletes
 * nothing.
 * tests/dynamodb.test.ts compares its responses with those of dynalite or DynamoDB Local.
 */
import { ConditionalCheckFailedException, type CreateTableCommandInput } from '@aws-sdk/client-dynamodb'
import {
  BatchGetCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import {
  type Bindings,
  type Condition,
  conditionOf,
  holds,
  type Item,
  Scope,
  UnsupportedError,
  updated,
  updateOf,
} from './expressions.ts'

/** One change of one item. */
export interface Change {
  readonly table: string
  readonly before: Item | undefined
  readonly after: Item | undefined
}

export interface MemoryOptions {
  readonly tables: readonly CreateTableCommandInput[]
  readonly now: () => number
  /** How long a write takes to reach an index, ms. */
  readonly indexLagMs?: () => number
  /** The age of an eventually consistent read, ms. */
  readonly staleMs?: () => number
  /** The number of items on one page of a query. */
  readonly pageSize?: () => number
  /** The number of unprocessed keys of a batch. */
  readonly unprocessed?: () => number
}

interface Version {
  readonly atMs: number
  readonly item: Item | undefined
}

/** How long eventually consistent reads may return an overwritten version. */
const STALE_AT_MOST_MS = 10_000

export class MemoryDynamo {
  readonly #tables: ReadonlyMap<string, Table>
  readonly #options: MemoryOptions

  constructor(options: MemoryOptions) {
    this.#options = options
    this.#tables = new Map(options.tables.map((table) => [table.TableName ?? '', new Table(table, options)]))
  }

  /**
   * Executes one command synchronously. It calls `onChange` if the command changed an item.
   * @throws ConditionalCheckFailedException, or an Error for options that the stores do not use.
   */
  execute(command: unknown, onChange: (change: Change) => void = () => undefined): Record<string, unknown> {
    if (command instanceof GetCommand) return this.#get(command.input)
    if (command instanceof QueryCommand) return this.#query(command.input)
    if (command instanceof BatchGetCommand) return this.#batchGet(command.input)
    if (command instanceof PutCommand) return this.#put(command.input, onChange)
    if (command instanceof UpdateCommand) return this.#update(command.input, onChange)
    if (command instanceof DeleteCommand) return this.#delete(command.input, onChange)
    throw new UnsupportedError('A command that the stores do not use.')
  }

  /** Returns every current item. */
  everything(table: string): Item[] {
    return this.#table(table).all()
  }

  #table(name: string | undefined): Table {
    const table = this.#tables.get(name ?? '')
    if (!table) throw new Error(`There is no table ${name}.`)
    return table
  }

  #get({ TableName, Key, ConsistentRead, ProjectionExpression, ...rest }: GetCommand['input']) {
    requireNoOtherOptions(rest)
    const item = this.#table(TableName).read(Key ?? {}, this.#staleMs(ConsistentRead))
    if (!item) return {}
    const names = ProjectionExpression?.split(',').map((name) => name.trim())
    return { Item: copied(names ? Object.fromEntries(names.map((name) => [name, item[name]])) : item) }
  }

  #staleMs(consistent: boolean | undefined): number {
    return consistent ? 0 : (this.#options.staleMs?.() ?? 0)
  }

  #batchGet({ RequestItems = {}, ...rest }: BatchGetCommand['input']) {
    requireNoOtherOptions(rest)
    const Responses: Record<string, Item[]> = {}
    const UnprocessedKeys: Record<string, unknown> = {}
    for (const [name, { Keys = [], ConsistentRead, ...more }] of Object.entries(RequestItems)) {
      requireNoOtherOptions(more)
      if (Keys.length === 0 || Keys.length > 100) throw new Error('A batch has 1 to 100 keys.')
      // DynamoDB processes at least one key; a batch without any processed key is an error.
      const answered = Math.max(1, Keys.length - (this.#options.unprocessed?.() ?? 0))
      const items = Keys.slice(0, answered).map((key) =>
        this.#table(name).read(key, this.#staleMs(ConsistentRead)),
      )
      Responses[name] = items.flatMap((item) => (item ? [copied(item)] : []))
      if (answered < Keys.length) UnprocessedKeys[name] = { Keys: Keys.slice(answered), ConsistentRead }
    }
    return { Responses, UnprocessedKeys }
  }

  #query(input: QueryCommand['input']) {
    const { TableName, IndexName, KeyConditionExpression, ConsistentRead, ExclusiveStartKey, ...rest } = input
    const { ExpressionAttributeNames, ExpressionAttributeValues, FilterExpression, ...more } = rest
    requireNoOtherOptions(more)
    if (IndexName && ConsistentRead) throw new Error('An index has no consistent reads.')
    const scope = scopeOf(input, KeyConditionExpression, FilterExpression)
    const condition = conditionOf(KeyConditionExpression ?? '')
    const filter = FilterExpression === undefined ? undefined : conditionOf(FilterExpression)
    const table = this.#table(TableName)
    const found = IndexName
      ? table.queryIndex(IndexName, condition, scope)
      : table.query(condition, scope, this.#staleMs(ConsistentRead))
    const from = ExclusiveStartKey ? found.findIndex((item) => table.isAt(item, ExclusiveStartKey)) + 1 : 0
    const page = found.slice(from, from + (this.#options.pageSize?.() ?? found.length))
    const isLast = from + page.length >= found.length
    // The filter comes after the page: a page may have no item that it keeps.
    const Items = page.filter((item) => filter === undefined || holds(filter, item, scope)).map(copied)
    return { Items, ...(isLast ? {} : { LastEvaluatedKey: page.at(-1) }) }
  }

  #put(
    { TableName, Item = {}, ConditionExpression, ...rest }: PutCommand['input'],
    onChange: (change: Change) => void,
  ) {
    const { ExpressionAttributeNames, ExpressionAttributeValues, ...more } = rest
    requireNoOtherOptions(more)
    const scope = scopeOf(rest, ConditionExpression)
    this.#write(TableName, Item, ConditionExpression, scope, onChange, () => copied(Item))
    return {}
  }

  #update(input: UpdateCommand['input'], onChange: (change: Change) => void) {
    const { TableName, Key = {}, UpdateExpression = '', ConditionExpression, ReturnValues, ...rest } = input
    const { ExpressionAttributeNames, ExpressionAttributeValues, ...more } = rest
    requireNoOtherOptions(more)
    if (ReturnValues !== undefined && ReturnValues !== 'ALL_NEW' && ReturnValues !== 'ALL_OLD')
      throw new Error('Only ALL_NEW and ALL_OLD are supported.')
    const scope = scopeOf(rest, UpdateExpression, ConditionExpression)
    let former: Item | undefined
    const after = this.#write(TableName, Key, ConditionExpression, scope, onChange, (before) => {
      former = before
      return copied(updated(updateOf(UpdateExpression), before ?? { ...Key }, scope))
    })
    const returned = ReturnValues === 'ALL_OLD' ? former : ReturnValues && (after ?? {})
    return returned ? { Attributes: copied(returned) } : {}
  }

  #delete(
    { TableName, Key = {}, ConditionExpression, ...rest }: DeleteCommand['input'],
    onChange: (change: Change) => void,
  ) {
    const { ExpressionAttributeNames, ExpressionAttributeValues, ...more } = rest
    requireNoOtherOptions(more)
    this.#write(
      TableName,
      Key,
      ConditionExpression,
      scopeOf(rest, ConditionExpression),
      onChange,
      () => undefined,
    )
    return {}
  }

  #write(
    name: string | undefined,
    key: Item,
    condition: string | undefined,
    scope: Scope,
    onChange: (change: Change) => void,
    next: (before: Item | undefined) => Item | undefined,
  ): Item | undefined {
    const table = this.#table(name)
    const before = table.read(key, 0)
    if (condition && !holds(conditionOf(condition), before ?? {}, scope))
      throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} })
    const after = next(before)
    table.write(key, after)
    if (before || after) onChange({ table: name ?? '', before, after })
    return after
  }
}

/** One table: items by partition and sort key, and its indexes. */
class Table {
  readonly #hash: string
  readonly #sort: string
  readonly #indexes: readonly Index[]
  readonly #partitions = new Map<unknown, Map<unknown, Version[]>>()
  readonly #now: () => number

  constructor({ KeySchema, GlobalSecondaryIndexes = [] }: CreateTableCommandInput, options: MemoryOptions) {
    this.#hash = keyOf(KeySchema, 'HASH')
    this.#sort = keyOf(KeySchema, 'RANGE')
    this.#now = options.now
    const own = [this.#hash, this.#sort]
    this.#indexes = (GlobalSecondaryIndexes ?? []).map(
      ({ IndexName = '', KeySchema: keys }) =>
        new Index(IndexName, [keyOf(keys, 'HASH'), keyOf(keys, 'RANGE')], own, options),
    )
  }

  read(key: Item, staleMs: number): Item | undefined {
    return this.#at(this.#partitions.get(key[this.#hash])?.get(key[this.#sort]), staleMs)
  }

  write(key: Item, after: Item | undefined): void {
    const partition = this.#partitions.get(key[this.#hash]) ?? new Map<unknown, Version[]>()
    this.#partitions.set(key[this.#hash], partition)
    const nowMs = this.#now()
    const versions = partition.get(key[this.#sort]) ?? []
    while ((versions[1]?.atMs ?? nowMs) < nowMs - STALE_AT_MOST_MS) versions.shift()
    versions.push({ atMs: nowMs, item: after })
    partition.set(key[this.#sort], versions)
    for (const index of this.#indexes) index.note(`${key[this.#hash]} ${key[this.#sort]}`, after)
  }

  query(condition: Condition, scope: Scope, staleMs: number): Item[] {
    const partition = this.#partitions.get(partitionOf(condition, this.#hash, scope))
    return [...(partition?.values() ?? [])]
      .map((versions) => this.#at(versions, staleMs))
      .filter((item) => item !== undefined && holds(condition, item, scope))
      .map((item) => item ?? {})
      .sort(by(this.#sort))
  }

  queryIndex(name: string, condition: Condition, scope: Scope): Item[] {
    const index = this.#indexes.find((one) => one.name === name)
    if (!index) throw new Error(`There is no index ${name}.`)
    return index.query(condition, scope)
  }

  isAt(item: Item, key: Item): boolean {
    return item[this.#hash] === key[this.#hash] && item[this.#sort] === key[this.#sort]
  }

  all(): Item[] {
    const rows = [...this.#partitions.values()].flatMap((partition) => [...partition.values()])
    return rows.map((versions) => versions.at(-1)?.item).filter((item) => item !== undefined)
  }

  /** Returns the item of `staleMs` ago, or its oldest kept version. */
  #at(versions: readonly Version[] | undefined, staleMs: number): Item | undefined {
    if (versions === undefined || staleMs <= 0) return versions?.at(-1)?.item
    const atMs = this.#now() - staleMs
    return versions.findLast((version) => version.atMs <= atMs)?.item
  }
}

/** A global secondary index that projects keys only. Writes reach it later; those of one item in order. */
class Index {
  readonly name: string
  readonly #keys: readonly [hash: string, sort: string]
  readonly #projected: readonly string[]
  readonly #options: MemoryOptions
  readonly #entries = new Map<string, Item>()
  readonly #coming: { dueMs: number; id: string; entry: Item | undefined }[] = []
  readonly #lastDueMs = new Map<string, number>()

  constructor(name: string, keys: readonly [string, string], own: readonly string[], options: MemoryOptions) {
    this.name = name
    this.#keys = keys
    this.#projected = [...own, ...keys]
    this.#options = options
  }

  note(id: string, item: Item | undefined): void {
    const isIn = item !== undefined && this.#keys.every((key) => item[key] !== undefined)
    const entry = isIn ? Object.fromEntries(this.#projected.map((name) => [name, item[name]])) : undefined
    const lagMs = this.#options.indexLagMs?.() ?? 0
    const dueMs = Math.max(this.#options.now() + lagMs, this.#lastDueMs.get(id) ?? 0)
    this.#lastDueMs.set(id, dueMs)
    this.#coming.push({ dueMs, id, entry })
  }

  query(condition: Condition, scope: Scope): Item[] {
    const nowMs = this.#options.now()
    const due = this.#coming.filter((coming) => coming.dueMs <= nowMs)
    const later = this.#coming.filter((coming) => coming.dueMs > nowMs)
    this.#coming.splice(0, this.#coming.length, ...later)
    for (const { id, entry } of due) {
      if (entry) this.#entries.set(id, entry)
      else this.#entries.delete(id)
    }
    return [...this.#entries.values()].filter((item) => holds(condition, item, scope)).sort(by(this.#keys[1]))
  }
}

function keyOf(schema: CreateTableCommandInput['KeySchema'], type: 'HASH' | 'RANGE'): string {
  return schema?.find(({ KeyType }) => KeyType === type)?.AttributeName ?? ''
}

function scopeOf(bindings: Bindings, ...expressions: readonly (string | undefined)[]): Scope {
  const scope = new Scope(bindings)
  scope.checkUse(...expressions)
  return scope
}

/** Returns the partition in a key condition. */
function partitionOf(condition: Condition, hash: string, scope: Scope): unknown {
  const parts = condition.is === 'and' ? condition.of : [condition]
  for (const part of parts)
    if (part.is === 'compares' && part.by === '=' && scope.name(part.left) === hash)
      return scope.value(part.right)
  throw new Error('A query needs the key of one partition.')
}

function by(key: string): (a: Item, b: Item) => number {
  return (a, b) => (String(a[key]) < String(b[key]) ? -1 : 1)
}

/** @throws UnsupportedError with the name of an unknown option. */
function requireNoOtherOptions(rest: object): void {
  const more = Object.entries(rest).filter(([, value]) => value !== undefined)
  if (more.length > 0) throw new UnsupportedError(`Not understood: ${more.map(([name]) => name).join(', ')}.`)
}

/** Returns a deep copy without undefined values, like an item that was serialised. */
function copied(item: Item): Item {
  return copy(item) as Item
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy)
  if (value instanceof Set) return new Set(value)
  if (typeof value !== 'object' || value === null) return value
  const out: Record<string, unknown> = {}
  for (const [name, inner] of Object.entries(value)) if (inner !== undefined) out[name] = copy(inner)
  return out
}
