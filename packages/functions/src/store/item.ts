/**
 * What the items of both tables share. Items are readable in the AWS console, so their times are ISO 8601; rows in memory
 * have milliseconds since 1970.
 */
import * as v from 'valibot'

/** An attribute with an ISO 8601 time, parsed to ms since 1970. */
export const TimeAttribute = v.pipe(v.string(), v.isoTimestamp(), v.transform(Date.parse))

/** Wall-clock `ms` since 1970 as an attribute. */
export function timeToItem(ms: number): string
export function timeToItem(ms: number | undefined): string | undefined
export function timeToItem(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString()
}

/**
 * Parses one item. A damaged item is an error, so that it cannot become a visitor's pod.
 * @throws Error with the table and the field, but without the value, which may be a secret.
 */
export function parseItem<const Schema extends v.GenericSchema>(
  schema: Schema,
  item: unknown,
  table: string,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, item)
  if (result.success) return result.output
  const [issue] = result.issues
  throw new Error(
    `A row of the ${table} table is damaged at ${v.getDotPath(issue) ?? 'its top'}: ${issue.message}.`,
  )
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** The object without its undefined fields: an optional field is absent or has a value. */
export function withoutUndefined<T extends object>(object: T): Defined<T> {
  const defined = Object.entries(object).filter(([, value]) => value !== undefined)
  return Object.fromEntries(defined) as Defined<T>
}
