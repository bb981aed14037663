/**
 * Writes metrics as OpenMetrics text, for the pods and the api Lambda.
 * https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 */
import type { MetricFamily } from './metric-family.ts'

export { OPEN_METRICS_TYPE } from './metric-family.ts'

/** The state of a histogram. */
export interface HistogramReading {
  /** Measurements of each bucket alone. The last entry counts those above every bound. */
  readonly counts: readonly number[]
  /** Sum of the measurements, seconds. */
  readonly sum: number
}

/** The value of a family: one number, one for each value of its only label, or a histogram. */
export type Reading<Family> = Family extends { readonly type: 'histogram' }
  ? HistogramReading
  : Family extends { readonly labels: Readonly<Record<string, readonly (infer Value extends string)[]>> }
    ? Readonly<Record<Value, number>>
    : number

/** The values of all families of a table, no more and no fewer. */
export type Readings<Families> = { readonly [Name in keyof Families]: Reading<Families[Name]> }

interface WrittenFamily {
  readonly name: string
  readonly family: MetricFamily
  /** The lines of metadata. */
  readonly head: string
  /** The text of each sample before its value, in the order of {@link valuesOf}. */
  readonly samples: readonly string[]
}

/**
 * Returns a function that writes the present values. Everything but the values is prepared once, so that a scrape costs a pod
 * little memory.
 * @param families a table of metrics, by name.
 */
export function openMetricsWriter<Families extends Readonly<Record<string, MetricFamily>>>(
  families: Families,
): (readings: Readings<Families>) => string {
  const prepared = Object.entries(families).map(([name, family]) => prepare(name, family))
  return (readings) => {
    let text = ''
    for (const { name, family, head, samples } of prepared) {
      const values = valuesOf(family, readings[name as keyof Families] as AnyReading)
      text += head
      samples.forEach((sample, index) => {
        text += `${sample} ${values[index]}\n`
      })
    }
    return `${text}# EOF\n`
  }
}

function prepare(name: string, family: MetricFamily): WrittenFamily {
  const title = family.type === 'counter' ? name.replace(/_total$/, '') : name
  const unit = ['seconds', 'bytes', 'ratio'].find((suffix) => title.endsWith(`_${suffix}`))
  const lines = [
    `# TYPE ${title} ${family.type}`,
    ...(unit === undefined ? [] : [`# UNIT ${title} ${unit}`]),
    `# HELP ${title} ${family.help}`,
  ]
  return { name, family, head: `${lines.join('\n')}\n`, samples: sampleNames(name, family) }
}

function sampleNames(name: string, family: MetricFamily): string[] {
  if (family.type === 'histogram')
    return [
      // "1.0" and not "1": the specification wants one spelling of each bound.
      ...family.buckets.map((le) => `${name}_bucket{le="${Number.isInteger(le) ? le.toFixed(1) : le}"}`),
      `${name}_bucket{le="+Inf"}`,
      `${name}_sum`,
      `${name}_count`,
    ]
  const [[label, values] = [name, undefined]] = Object.entries(family.labels ?? {})
  return values?.map((value) => `${name}{${label}="${value}"}`) ?? [name]
}

type AnyReading = number | HistogramReading | Readonly<Record<string, number>>

/** The values of a family's samples, in the order of {@link sampleNames}. */
function valuesOf(family: MetricFamily, reading: AnyReading): readonly number[] {
  if (typeof reading === 'number') return [reading]
  if (family.type === 'histogram') return histogramValues(reading as HistogramReading)
  const counts = reading as Readonly<Record<string, number>>
  return Object.values(family.labels ?? {}).flatMap((values) => values.map((value) => counts[value] ?? 0))
}

function histogramValues({ counts, sum }: HistogramReading): number[] {
  let total = 0
  const cumulative = counts.map((count) => {
    total += count
    return total
  })
  return [...cumulative, sum, total]
}
