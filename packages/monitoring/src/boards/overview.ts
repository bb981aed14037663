import { coldShare, OBJECTIVE_DAYS, WARM_SHARE_OBJECTIVE } from '../alerts.ts'
import { type Board, quantile, spread } from '../board.ts'

const NS = 'namespace="$namespace"'

/** Is the pool whole, who is served, and what does a visit cost the visitor? */
export const OVERVIEW: Board = {
  uid: 'warm-pods-overview',
  title: 'Warm Pods: overview',
  description: 'Is the pool whole, are visitors served, and how long do they wait?',
  from: 'now-6h',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Warm pods',
          description: 'Slots that a claim can take at once, and the number that the pool should have.',
          kind: 'stat',
          unit: 'short',
          width: 4,
          runbook: 'WarmPodsPoolNotWhole',
          queries: [
            { expr: `sum(warm_pods_slots{${NS},state="warm"})`, legend: 'warm' },
            { expr: `max(warm_pods_slots_target{${NS}})`, legend: 'target' },
          ],
        },
        {
          title: 'Active sessions',
          description: 'Sessions that had not ended at the last pass of refill.',
          kind: 'stat',
          unit: 'short',
          width: 4,
          queries: [{ expr: `max(warm_pods_sessions{${NS}})`, legend: 'sessions' }],
        },
        {
          title: 'Warm share, last hour',
          description: 'Share of served claims that got a warm pod.',
          kind: 'stat',
          unit: 'percentunit',
          width: 4,
          max: 1,
          runbook: 'WarmPodsWarmShareLow',
          queries: [{ expr: `max(warm_pods_warm_share_ratio{${NS}})`, legend: 'warm share' }],
        },
        {
          title: 'Error budget left',
          description: `Of the claims that may find no warm pod in ${OBJECTIVE_DAYS} days (objective ${WARM_SHARE_OBJECTIVE * 100} %). Negative: more than that did.`,
          kind: 'stat',
          unit: 'percentunit',
          width: 4,
          max: 1,
          runbook: 'WarmPodsWarmShareLow',
          queries: [
            {
              expr: `1 - (${coldShare(`${OBJECTIVE_DAYS}d`, NS)}) / ${(1 - WARM_SHARE_OBJECTIVE).toFixed(2)}`,
              legend: 'left',
            },
          ],
        },
        {
          title: 'Refill is healthy',
          description: '1: refill reports no problem and has confirmed the pool.',
          kind: 'stat',
          unit: 'short',
          width: 4,
          runbook: 'WarmPodsRefillProblem',
          queries: [{ expr: `min(warm_pods_refill_healthy{${NS}})`, legend: 'healthy' }],
        },
        {
          title: 'Alerts that fire',
          description: 'Alerts of Warm Pods in the state "firing".',
          kind: 'stat',
          unit: 'short',
          width: 4,
          runbook: 'When something is wrong',
          queries: [
            {
              expr: 'count(ALERTS{alertname=~"WarmPods.+",alertstate="firing"}) or vector(0)',
              legend: 'firing',
            },
          ],
        },
      ],
    },
    {
      title: 'The pool',
      panels: [
        {
          title: 'Slots by state',
          description:
            'After a claim one slot goes through claimed, empty and starting, and is warm again in seconds.',
          kind: 'stacked',
          unit: 'short',
          width: 12,
          runbook: 'WarmPodsPoolNotWhole',
          queries: [{ expr: `sum by (state) (warm_pods_slots{${NS}})`, legend: '{{state}}' }],
        },
        {
          title: 'Problems of refill, by kind',
          description: '1 while a problem of this kind lasts. GET /pool has its text.',
          kind: 'stacked',
          unit: 'short',
          width: 12,
          runbook: 'WarmPodsRefillProblem',
          queries: [{ expr: `max by (kind) (warm_pods_refill_problem{${NS}})`, legend: '{{kind}}' }],
        },
      ],
    },
    {
      title: 'Visitors',
      panels: [
        {
          title: 'Claims by outcome, in an hour',
          description: 'A warm claim counts when refill frees its slot, a cold one when its pod is Ready.',
          kind: 'stacked',
          unit: 'short',
          width: 8,
          runbook: 'WarmPodsWarmShareLow',
          queries: [
            { expr: `sum by (outcome) (increase(warm_pods_claims_total{${NS}}[1h]))`, legend: '{{outcome}}' },
          ],
        },
        {
          title: 'Warm share: measured and forecast',
          description: 'The forecast (Erlang B) uses arrivals and start times of the last hour.',
          kind: 'graph',
          unit: 'percentunit',
          width: 8,
          max: 1,
          runbook: 'WarmPodsWarmShareLow',
          queries: [
            { expr: `max(warm_pods_warm_share_ratio{${NS}})`, legend: 'measured' },
            {
              expr: `max by (slots) (warm_pods_forecast_warm_share_ratio{${NS}})`,
              legend: 'forecast, {{slots}}',
            },
          ],
        },
        {
          title: 'Arrivals',
          description: 'Claims and fail-overs by second, over the last hour.',
          kind: 'graph',
          unit: 'reqps',
          width: 8,
          queries: [{ expr: `max(warm_pods_forecast_arrivals_per_second{${NS}})`, legend: 'arrivals' }],
        },
        {
          title: 'Claim duration in the API',
          description: 'Three round trips to DynamoDB, without the last write.',
          kind: 'graph',
          unit: 's',
          width: 12,
          queries: spread('warm_pods_claim_seconds', 'claim'),
        },
        {
          title: 'Fail-over, from kill to first pong',
          description: 'Measured by the visitor’s page.',
          kind: 'graph',
          unit: 's',
          width: 12,
          queries: [
            ...spread('warm_pods_failover_seconds', 'fail-over'),
            { expr: quantile(0.99, 'warm_pods_failover_seconds', '1d'), legend: 'p99 of a day' },
          ],
        },
      ],
    },
  ],
}
