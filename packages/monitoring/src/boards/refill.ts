import type { Board } from '../board.ts'

const NS = 'namespace="$namespace"'
const API = 'group=~"|batch",resource=~"jobs|pods"'
const OWN = 'warm-pods-$stage'
/** Requests that end, so that a duration says something. */
const VERBS = 'verb!~"WATCH|CONNECT"'

/** Refill, and the services that it calls. */
export const REFILL: Board = {
  uid: 'warm-pods-refill',
  title: 'Warm Pods: refill and control plane',
  description: 'Does refill run, what stops it, and how quickly do Kubernetes and DynamoDB answer?',
  from: 'now-6h',
  rows: [
    {
      title: 'Refill',
      panels: [
        {
          title: 'Since the last pass',
          description: 'The schedule invokes refill each minute.',
          kind: 'stat',
          unit: 's',
          width: 4,
          runbook: 'WarmPodsRefillSilent',
          queries: [
            { expr: `time() - max(warm_pods_refill_last_run_timestamp_seconds{${NS}})`, legend: 'ago' },
          ],
        },
        {
          title: 'Since the last comparison',
          description: 'With Kubernetes. After 75 s warm slots count as unconfirmed.',
          kind: 'stat',
          unit: 's',
          width: 4,
          runbook: 'WarmPodsRefillSilent',
          queries: [
            { expr: `time() - max(warm_pods_refill_confirmed_timestamp_seconds{${NS}})`, legend: 'ago' },
          ],
        },
        {
          title: 'Failed passes in a row',
          description: 'The back-off grows with each.',
          kind: 'stat',
          unit: 'short',
          width: 4,
          runbook: 'WarmPodsRefillProblem',
          queries: [{ expr: `max(warm_pods_refill_failed_passes{${NS}})`, legend: 'passes' }],
        },
        {
          title: 'State',
          description:
            'Paused: a pause or a back-off. In doubt: a pod was lost, and refill has not compared the rows since.',
          kind: 'stat',
          unit: 'short',
          width: 12,
          runbook: 'WarmPodsRefillProblem',
          queries: [
            { expr: `min(warm_pods_refill_healthy{${NS}})`, legend: 'healthy' },
            { expr: `max(warm_pods_refill_paused{${NS}})`, legend: 'paused' },
            { expr: `max(warm_pods_refill_in_doubt{${NS}})`, legend: 'in doubt' },
          ],
        },
        {
          title: 'Invocations of refill (AWS)',
          description:
            'One a minute by the schedule, and one after each claim, recovery or release. One holds the lease, the others exit.',
          kind: 'graph',
          unit: 'short',
          width: 8,
          runbook: 'WarmPodsRefillSilent',
          cloudwatch: [
            {
              legend: 'reconciled',
              namespace: OWN,
              metric: 'RefillMs',
              dimensions: {},
              statistic: 'SampleCount',
            },
          ],
        },
        {
          title: 'Duration of a reconciliation (AWS)',
          description:
            'The holder of the lease stays for up to 45 s, until the Jobs that it created are Ready.',
          kind: 'graph',
          unit: 'ms',
          width: 8,
          cloudwatch: (['p50', 'p95'] as const).map((statistic) => ({
            legend: statistic,
            namespace: OWN,
            metric: 'RefillMs',
            dimensions: {},
            statistic,
          })),
        },
        {
          title: 'Passes that failed, and back-off',
          description: 'Over time.',
          kind: 'graph',
          unit: 'short',
          width: 8,
          runbook: 'WarmPodsRefillProblem',
          queries: [
            { expr: `max(warm_pods_refill_failed_passes{${NS}})`, legend: 'failed passes' },
            { expr: `max(warm_pods_refill_paused{${NS}})`, legend: 'paused' },
          ],
        },
      ],
    },
    {
      title: 'Steps and lease',
      panels: [
        {
          title: 'Steps',
          description: 'In the last hour, by name. docs/design.md tells what each does.',
          kind: 'graph',
          unit: 'short',
          width: 8,
          queries: [
            {
              expr: `sum by (step) (increase(warm_pods_refill_steps_total{${NS}}[1h])) > 0`,
              legend: '{{step}}',
            },
          ],
        },
        {
          title: 'Mean duration of a step',
          description: 'In the last hour. The calls of Kubernetes and DynamoDB take nearly all of it.',
          kind: 'graph',
          unit: 's',
          width: 8,
          queries: [
            {
              expr: `sum by (step) (rate(warm_pods_refill_step_seconds_total{${NS}}[1h])) / (sum by (step) (rate(warm_pods_refill_steps_total{${NS}}[1h])) > 0)`,
              legend: '{{step}}',
            },
          ],
        },
        {
          title: 'Steps that failed',
          description: 'In the last hour, by name. The next pass plans them again.',
          kind: 'graph',
          unit: 'short',
          width: 8,
          runbook: 'WarmPodsRefillProblem',
          queries: [
            {
              expr: `sum by (step) (increase(warm_pods_refill_failed_steps_total{${NS}}[1h])) > 0`,
              legend: '{{step}}',
              mayBeEmpty: true,
            },
          ],
        },
        {
          title: 'Passes',
          description: 'In the last hour. A pass fails when it cannot read, or when one of its steps fails.',
          kind: 'graph',
          unit: 'short',
          width: 8,
          runbook: 'WarmPodsRefillProblem',
          queries: [
            {
              expr: `sum by (result) (increase(warm_pods_refill_passes_total{${NS}}[1h]))`,
              legend: '{{result}}',
            },
          ],
        },
        {
          title: 'Mean time of a pass to read',
          description: 'Tables, Jobs and pods, before any step. It grows with the pool.',
          kind: 'graph',
          unit: 's',
          width: 8,
          queries: [
            {
              expr: `sum(rate(warm_pods_refill_read_seconds_total{${NS}}[1h])) / sum(rate(warm_pods_refill_passes_total{${NS}}[1h]))`,
              legend: 'reading',
            },
          ],
        },
        {
          title: 'Lease held for',
          description:
            '0: no invocation holds it. Over 50 s: its holder was killed, and the next takes over.',
          kind: 'stat',
          unit: 's',
          width: 8,
          runbook: 'WarmPodsRefillSilent',
          queries: [
            {
              expr: `time() - (max(warm_pods_refill_lease_acquired_timestamp_seconds{${NS}}) > 0) or vector(0)`,
              legend: 'held',
            },
          ],
        },
        {
          title: 'Requests for the lease',
          description:
            'In the last hour. Renewed: by each later pass. Taken over: its holder was killed or too slow. Refused: left to the holder.',
          kind: 'graph',
          unit: 'short',
          width: 24,
          runbook: 'WarmPodsRefillSilent',
          queries: [
            {
              expr: `sum by (outcome) (increase(warm_pods_refill_lease_requests_total{${NS}}[1h]))`,
              legend: '{{outcome}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Kubernetes',
      panels: [
        {
          title: 'Duration of calls for Jobs and pods',
          description: 'Of all clients of the API server, by verb. Watches are left out.',
          kind: 'graph',
          unit: 's',
          width: 12,
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (le, verb) (rate(apiserver_request_duration_seconds_bucket{${API},${VERBS},subresource=""}[5m])))`,
              legend: '{{verb}}, p95',
            },
          ],
        },
        {
          title: 'Refused calls for Jobs and pods',
          description: '429: the API server throttles. 403: permissions or the quota.',
          kind: 'graph',
          unit: 'reqps',
          width: 12,
          runbook: 'When something is wrong',
          queries: [
            {
              expr: `sum by (code) (rate(apiserver_request_total{${API},code=~"[45].."}[5m]))`,
              legend: '{{code}}',
              mayBeEmpty: true,
            },
            { expr: `sum(rate(apiserver_request_total{${API}}[5m]))`, legend: 'all calls' },
          ],
        },
      ],
    },
    {
      title: 'AWS',
      panels: [
        {
          title: 'Duration of DynamoDB’s calls',
          description: 'Measured by DynamoDB, without the network.',
          kind: 'graph',
          unit: 'ms',
          width: 8,
          cloudwatch: ['GetItem', 'UpdateItem', 'Query', 'PutItem'].map((Operation) => ({
            legend: Operation,
            namespace: 'AWS/DynamoDB',
            metric: 'SuccessfulRequestLatency',
            dimensions: { TableName: `${OWN}-pool`, Operation },
            statistic: 'Average',
          })),
        },
        {
          title: 'Throttles',
          description:
            'Lambda: the account’s concurrency is used up. DynamoDB: more requests than its tables scale to.',
          kind: 'graph',
          unit: 'short',
          width: 8,
          runbook: 'When something is wrong',
          cloudwatch: [
            {
              legend: 'Lambda',
              namespace: 'AWS/Lambda',
              metric: 'Throttles',
              dimensions: {},
              statistic: 'Sum',
            },
            ...['pool', 'sessions'].map((table) => ({
              legend: `DynamoDB, ${table}`,
              namespace: 'AWS/DynamoDB',
              metric: 'ThrottledRequests',
              dimensions: { TableName: `${OWN}-${table}`, Operation: '*' },
              statistic: 'Sum' as const,
            })),
          ],
        },
        {
          title: 'Requests to the cluster’s API server that it throttled',
          description: 'EKS publishes this metric of its control plane.',
          kind: 'graph',
          unit: 'short',
          width: 8,
          cloudwatch: [
            {
              legend: '429',
              namespace: 'AWS/EKS',
              metric: 'apiserver_request_total_429',
              dimensions: { ClusterName: OWN },
              statistic: 'Sum',
            },
          ],
        },
      ],
    },
  ],
}
