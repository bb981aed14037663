/** For each alert, series on which it fires and series on which it stays silent. `promtool test rules` plays them. */
import type { AlertName } from './alert-names.ts'
import { type Alert, alerts } from './alerts.ts'
import { ruleFile } from './prometheus-rules.ts'

/** A series with its samples, one every 30 s. https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/#series */
type Series = readonly [series: string, values: string]

interface Case {
  readonly series: readonly Series[]
  /** Minutes after the first sample. */
  readonly at: number
}

interface FiringCase extends Case {
  readonly labels: Readonly<Record<string, string>>
  /** The rendered description. */
  readonly description: string
}

const NS = 'namespace="warm-pods"'
const API = `${NS},job="warm-pods-api",instance="api"`
const POD = `${NS},job="warm-pods-pods"`
const labels = { namespace: 'warm-pods' }
const TARGET: Series = [`warm_pods_slots_target{${API}}`, '4x120']
const warm = (values: string): Series => [`warm_pods_slots{${API},state="warm"}`, values]
const claims = (outcome: string, values: string): Series => [
  `warm_pods_claims_total{${API},outcome="${outcome}"}`,
  values,
]
const closes = (code: string, values: string): Series => [
  `warm_pods_socket_closes_total{${POD},pod="a",code="${code}"}`,
  values,
]
const problem = (kind: string, values: string): Series => [
  `warm_pods_refill_problem{${API},kind="${kind}"}`,
  values,
]

export const ALERT_CASES: Readonly<Record<AlertName, { readonly fires: FiringCase; readonly silent: Case }>> =
  {
    WarmPodsPoolNotWhole: {
      fires: {
        series: [TARGET, warm('4x4 3x40')],
        at: 12,
        labels,
        description: 'Only 3 slots were warm in the last minute. GET /pool names the problem.',
      },
      // A claim each minute: one slot is empty for 30 s, then warm again.
      silent: { series: [TARGET, warm('4 3 4 3 4 3 4 3 4 3 4 3 4 3 4 3 4 3 4 3 4 3 4 3 4')], at: 12 },
    },
    WarmPodsWarmShareLow: {
      fires: {
        series: [claims('warm', '0+1x120'), claims('cold', '0+1x120'), claims('contention', '0x120')],
        at: 60,
        labels,
        description: 'The error budget of the warm share is spent 10 times as fast as the objective allows.',
      },
      // One of two visitors met an empty pool: too few claims for a trend.
      silent: { series: [claims('warm', '0x40 1x80'), claims('cold', '0x50 1x70')], at: 30 },
    },
    WarmPodsRefillSilent: {
      fires: {
        series: [[`warm_pods_refill_last_run_timestamp_seconds{${API}}`, '60x40']],
        at: 8,
        labels,
        description: 'The last pass of refill ended 7m 0s ago. The schedule invokes it each minute.',
      },
      silent: { series: [[`warm_pods_refill_last_run_timestamp_seconds{${API}}`, '0+30x40']], at: 15 },
    },
    WarmPodsRefillProblem: {
      fires: {
        series: [problem('pod_start', '0x2 1x40'), problem('quota', '0x40')],
        at: 10,
        labels: { ...labels, kind: 'pod_start' },
        description: 'GET /pool has the text. The problem has lasted for 5 minutes.',
      },
      // A back-off of two minutes, and the gateway, which has an alert of its own.
      silent: { series: [problem('pod_start', '0x4 1x4 0x30'), problem('gateway', '1x40')], at: 10 },
    },
    WarmPodsGatewayUnreachable: {
      fires: {
        series: [problem('gateway', '0x2 1x40')],
        at: 5,
        labels,
        description:
          'Visitors hold no pod that they can use. GET /pool has the status that the gateway answered.',
      },
      // One gateway was replaced.
      silent: { series: [problem('gateway', '0x2 1x2 0x30'), problem('quota', '1x40')], at: 5 },
    },
    WarmPodsSocketsClosing: {
      fires: {
        series: [closes('1006', '0+1x60'), closes('1001', '0x60')],
        at: 20,
        labels,
        description: '100% of the sockets closed without a close frame or by an error.',
      },
      // Visitors who leave, and pods that are terminated.
      silent: {
        series: [closes('1001', '0+1x60'), closes('4001', '0+1x60'), closes('1006', '0x30 1x30')],
        at: 20,
      },
    },
    WarmPodsQuotaNear: {
      fires: {
        series: [
          [`warm_pods_sessions{${API}}`, '9x40'],
          warm('4x40'),
          [`warm_pods_slots{${API},state="claimed"}`, '0x40'],
          [`warm_pods_jobs_limit{${API}}`, '16x40'],
        ],
        at: 10,
        labels,
        description: '81.25% of the Jobs that the quota allows are in use.',
      },
      silent: {
        series: [
          [`warm_pods_sessions{${API}}`, '8x40'],
          warm('3x40'),
          [`warm_pods_slots{${API},state="claimed"}`, '1x40'],
          [`warm_pods_jobs_limit{${API}}`, '16x40'],
        ],
        at: 10,
      },
    },
    WarmPodsNotScraped: {
      fires: {
        series: [[`up{${API}}`, '1x2 0x40']],
        at: 10,
        labels: { ...labels, job: 'warm-pods-api' },
        description: 'The other alerts on these metrics cannot fire.',
      },
      // A killed pod is down until Kubernetes removes it.
      silent: {
        series: [
          [`up{${API}}`, '1x40'],
          [`up{${POD},pod="a"}`, '1x4 0x40'],
        ],
        at: 10,
      },
    },
  }

/** Returns the content of a file for `promtool test rules`. @param rules the path of the rule file. */
export function promtoolTests(rules: string): object {
  return {
    rule_files: [rules],
    evaluation_interval: '30s',
    tests: alerts().flatMap((alert) => {
      const { fires, silent } = ALERT_CASES[alert.name]
      return [testOf(alert, fires, [expected(alert, fires)]), testOf(alert, silent, [])]
    }),
  }
}

function testOf({ name }: { readonly name: AlertName }, { series, at }: Case, exp_alerts: object[]): object {
  return {
    interval: '30s',
    input_series: series.map(([text, values]) => ({ series: text, values })),
    alert_rule_test: [{ eval_time: `${at}m`, alertname: name, exp_alerts }],
  }
}

function expected(alert: Alert & { readonly name: AlertName }, { labels, description }: FiringCase): object {
  const rule = ruleFile().groups[0]?.rules.find((one) => one.alert === alert.name)
  const summary = alert.summary.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, name) => labels[name] ?? '')
  return {
    exp_labels: { severity: alert.severity, ...labels },
    exp_annotations: { ...rule?.annotations, summary, description },
  }
}
