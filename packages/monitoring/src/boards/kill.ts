import { type Board, quantile, spread } from '../board.ts'

const NS = 'namespace="$namespace"'

/** What happens after a visitor kills a pod, one row for each step of docs/design.md, "A recovery, step by step". */
export const KILL: Board = {
  uid: 'warm-pods-kill',
  title: 'Warm Pods: a kill, step by step',
  description: 'The steps from a kill to a whole pool, in the order in which they happen.',
  from: 'now-15m',
  rows: [
    {
      title: '1. The visitor kills the pod',
      panels: [
        {
          title: 'Kills by option',
          description:
            'Within the span of the board. A crash and a freeze are sent over the socket, and the API records them.',
          kind: 'stat',
          unit: 'short',
          width: 12,
          queries: [
            { expr: `sum by (how) (increase(warm_pods_kills_total{${NS}}[$__range]))`, legend: '{{how}}' },
          ],
        },
        {
          title: 'Open sockets',
          description:
            'The line drops with the death of the pod, and rises with the connection to the next one.',
          kind: 'graph',
          unit: 'short',
          width: 12,
          queries: [
            { expr: `sum(warm_pods_sockets_open{${NS}})`, legend: 'open sockets' },
            { expr: `max(warm_pods_sessions{${NS}})`, legend: 'sessions' },
          ],
        },
      ],
    },
    {
      title: '2. The page fails over to a warm pod',
      panels: [
        {
          title: 'Fail-overs',
          description: 'Those that took a warm pod, within the span of the board.',
          kind: 'stat',
          unit: 'short',
          width: 6,
          queries: [
            { expr: `sum(increase(warm_pods_failovers_total{${NS}}[$__range]))`, legend: 'fail-overs' },
          ],
        },
        {
          title: 'Taking a warm pod, in the API',
          description: 'The same three round trips as a claim.',
          kind: 'stat',
          unit: 's',
          width: 6,
          queries: [{ expr: quantile(0.95, 'warm_pods_claim_seconds', '$__range'), legend: 'p95' }],
        },
        {
          title: 'From the kill to the first pong',
          description: 'The outage that the visitor sees.',
          kind: 'graph',
          unit: 's',
          width: 12,
          queries: spread('warm_pods_failover_seconds', 'outage', '15m'),
        },
      ],
    },
    {
      title: '3. Refill makes the pool whole again',
      panels: [
        {
          title: 'Slots by state',
          description: 'One slot goes through claimed, empty and starting.',
          kind: 'stacked',
          unit: 'short',
          width: 12,
          runbook: 'WarmPodsPoolNotWhole',
          queries: [{ expr: `sum by (state) (warm_pods_slots{${NS}})`, legend: '{{state}}' }],
        },
        {
          title: 'Start of the next warm pod',
          description: 'From the request for the Job to a Ready pod that the gateway reaches.',
          kind: 'graph',
          unit: 's',
          width: 12,
          queries: spread('warm_pods_pod_start_seconds', 'start', '15m'),
        },
      ],
    },
    {
      title: '4. The Job of the killed pod heals',
      panels: [
        {
          title: 'Healing',
          description:
            'From the death to the Ready replacement. It contains the Job controller’s back-off of 10 s · 2ⁿ.',
          kind: 'graph',
          unit: 's',
          width: 12,
          queries: spread('warm_pods_heal_seconds', 'heal', '15m'),
        },
        {
          title: 'The time that a fail-over saves',
          description: 'Median of healing minus median of the outage. A warm pool exists for this figure.',
          kind: 'stat',
          unit: 's',
          width: 12,
          queries: [
            {
              expr: `${quantile(0.5, 'warm_pods_heal_seconds', '$__range')} - ${quantile(0.5, 'warm_pods_failover_seconds', '$__range')}`,
              legend: 'saved',
            },
          ],
        },
      ],
    },
  ],
}
