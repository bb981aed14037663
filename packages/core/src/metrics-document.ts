/** docs/metrics.md, made from the table of metrics. */
import type { MetricFamily, MetricSource } from './metric-family.ts'
import { API_METRICS } from './metrics.ts'
import { OTHER, POD_METRICS } from './pod-metrics.ts'

const FAMILIES = { pod: POD_METRICS, api: API_METRICS }

const SOURCES: Readonly<Record<MetricSource, string>> = {
  pod: `## Pods

\`GET /metrics\` on the port \`METRICS_PORT\` of a pod. Without that variable the pod has no such port. The port of the
WebSocket does not answer this path. Each pod counts from its own start.`,
  api: `## API

\`GET /metrics\` of the API, as public as \`GET /pool\`. The rows of the tables supply all of it, so each instance of the api
Lambda exports the same figures. They are cached for 5 s. Counters and histograms begin with the deploy that introduced them.`,
}

/** Returns the document as Markdown. */
export function metricsDocument(): string {
  const sections = (Object.keys(SOURCES) as MetricSource[]).map(
    (source) => `${SOURCES[source]}\n\n${tableOf(source)}`,
  )
  return `# Metrics

Generated from [\`packages/core/src/metrics.ts\`](../packages/core/src/metrics.ts): each metric that Prometheus reads, with its labels
and all their values. No label has the id of a session, an address, a token or a text of a client. \`${OTHER}\` stands for every other value.
[monitoring.md](monitoring.md) tells how to read and show them.

${sections.join('\n\n')}
`
}

function tableOf(source: MetricSource): string {
  const rows = Object.entries<MetricFamily>(FAMILIES[source]).map(
    ([name, family]) =>
      `| \`${name}\` | ${family.type} | ${family.unit} | ${labelsOf(family)} | ${family.help}${bucketsOf(family)} |`,
  )
  return ['| metric | type | unit | labels | meaning |', '|---|---|---|---|---|', ...rows].join('\n')
}

function labelsOf({ labels = {} }: MetricFamily): string {
  const lines = Object.entries(labels).map(([label, values]) => `\`${label}\`: ${values.join(', ')}`)
  return lines.join('; ') || '–'
}

function bucketsOf(family: MetricFamily): string {
  return family.type === 'histogram' ? ` Buckets up to ${family.buckets.join(', ')} s.` : ''
}
