/** The alerts as rules of Prometheus. https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ */
import { alerts, expressionOf } from './alerts.ts'
import { runbookUrl } from './runbook.ts'

/** The content of a rule file, which is also the `spec` of a PrometheusRule. */
export interface RuleFile {
  readonly groups: readonly {
    readonly name: string
    readonly rules: readonly {
      readonly alert: string
      readonly expr: string
      readonly for: string
      readonly labels: Readonly<Record<string, string>>
      readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook_url', string>>
    }[]
  }[]
}

/** Returns the rules of all alerts. */
export function ruleFile(): RuleFile {
  const rules = alerts().map((alert) => ({
    alert: alert.name,
    expr: expressionOf(alert),
    for: `${alert.forMinutes}m`,
    labels: { severity: alert.severity },
    annotations: {
      summary: alert.summary,
      description: alert.description,
      runbook_url: runbookUrl(alert.name),
    },
  }))
  return { groups: [{ name: 'warm-pods', rules }] }
}

/** Returns the object for the Prometheus operator. Helm's kube-prometheus-stack selects it by the label `release`. */
export function prometheusRule(): object {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: {
      name: 'alerts',
      namespace: 'warm-pods',
      labels: { release: 'kube-prometheus-stack', 'warm-pods/monitoring': 'prometheus' },
    },
    spec: ruleFile(),
  }
}
