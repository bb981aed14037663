import { type Board, quantile, spread } from '../board.ts'
import { SCRAPE_JOBS } from '../scrape-jobs.ts'

const NS = 'namespace="$namespace"'
/** Every program that exports metrics has metrics of its process. */
const PODS = `${NS},job="${SCRAPE_JOBS.pods}"`
const RATE = '$__rate_interval'

/** Sessions, pods and sockets. */
export const SESSIONS: Board = {
  uid: 'warm-pods-sessions',
  title: 'Warm Pods: sessions and pods',
  description:
    'Active sessions, the pods behind them, their sockets, and how long pods take to start and to be replaced.',
  from: 'now-1h',
  rows: [
    {
      title: 'Sessions',
      panels: [
        {
          title: 'Active sessions',
          description: 'Now, and the most within a day.',
          kind: 'stat',
          unit: 'short',
          width: 6,
          queries: [
            { expr: `max(warm_pods_sessions{${NS}})`, legend: 'now' },
            { expr: `max(max_over_time(warm_pods_sessions{${NS}}[1d]))`, legend: 'most in a day' },
          ],
        },
        {
          title: 'Active sessions over the day',
          description: 'A session ends 5 minutes after it was last extended, at the latest.',
          kind: 'graph',
          unit: 'short',
          width: 12,
          queries: [
            { expr: `max(warm_pods_sessions{${NS}})`, legend: 'sessions' },
            { expr: `sum(warm_pods_sockets_open{${NS}})`, legend: 'open sockets' },
          ],
        },
        {
          title: 'Jobs in use',
          description: 'Of the Jobs that the quota of the namespace allows.',
          kind: 'stat',
          unit: 'short',
          width: 6,
          runbook: 'WarmPodsQuotaNear',
          queries: [
            {
              expr: `max(warm_pods_sessions{${NS}}) + sum(warm_pods_slots{${NS},state=~"starting|warm|unconfirmed"})`,
              legend: 'in use',
            },
            { expr: `max(warm_pods_jobs_limit{${NS}})`, legend: 'allowed' },
          ],
        },
      ],
    },
    {
      title: 'Pods',
      panels: [
        {
          title: 'Pods by phase',
          description: 'From kube-state-metrics.',
          kind: 'stacked',
          unit: 'short',
          width: 8,
          queries: [{ expr: `sum by (phase) (kube_pod_status_phase{${NS}})`, legend: '{{phase}}' }],
        },
        {
          title: 'Age of the pods',
          description: 'Since the process started. Refill replaces a warm pod after six hours.',
          kind: 'table',
          unit: 's',
          width: 8,
          queries: [
            { expr: `time() - max by (pod) (process_start_time_seconds{${PODS}})`, legend: '{{pod}}' },
          ],
        },
        {
          title: 'Age of the pods in Kubernetes',
          description: 'From kube-state-metrics, gateways included.',
          kind: 'table',
          unit: 's',
          width: 8,
          queries: [{ expr: `time() - max by (pod) (kube_pod_created{${NS}})`, legend: '{{pod}}' }],
        },
        {
          title: 'Reasons for waiting containers',
          description:
            'ImagePullBackOff and others, from kube-state-metrics. Empty while no container waits.',
          kind: 'table',
          unit: 'short',
          width: 8,
          runbook: 'When something is wrong',
          queries: [
            {
              expr: `sum by (reason) (kube_pod_container_status_waiting_reason{${NS}}) > 0`,
              legend: '{{reason}}',
              mayBeEmpty: true,
            },
            {
              expr: `sum by (pod) (kube_pod_status_unschedulable{${NS}})`,
              legend: 'unschedulable: {{pod}}',
              mayBeEmpty: true,
            },
          ],
        },
        {
          title: 'Restarts of containers',
          description: 'A pod of the pool never restarts its container, so only gateways restart.',
          kind: 'graph',
          unit: 'short',
          width: 8,
          queries: [
            {
              expr: `sum by (container) (increase(kube_pod_container_status_restarts_total{${NS}}[1h]))`,
              legend: '{{container}}',
            },
          ],
        },
        {
          title: 'Jobs',
          description:
            'Jobs with a running pod, and failed pods of Jobs. A kill makes a Job count a failed pod.',
          kind: 'graph',
          unit: 'short',
          width: 8,
          queries: [
            { expr: `sum(kube_job_status_active{${NS}})`, legend: 'active' },
            { expr: `sum(kube_job_status_failed{${NS}})`, legend: 'failed pods' },
          ],
        },
        {
          title: 'Quota',
          description: 'The ResourceQuota, from kube-state-metrics.',
          kind: 'graph',
          unit: 'percentunit',
          width: 12,
          max: 1,
          runbook: 'WarmPodsQuotaNear',
          queries: [
            {
              expr: `max by (resource) (kube_resourcequota{${NS},type="used"}) / (max by (resource) (kube_resourcequota{${NS},type="hard"}) > 0)`,
              legend: '{{resource}}',
            },
          ],
        },
        {
          title: 'Nodes that are Ready',
          description: 'Of the whole cluster.',
          kind: 'graph',
          unit: 'short',
          width: 12,
          queries: [
            { expr: 'sum(kube_node_status_condition{condition="Ready",status="true"})', legend: 'ready' },
          ],
        },
      ],
    },
    {
      title: 'Start and replacement',
      panels: [
        {
          title: 'Start of a warm pod',
          description: 'From the request for the Job to a Ready pod that the gateway reaches.',
          kind: 'graph',
          unit: 's',
          width: 12,
          queries: spread('warm_pods_pod_start_seconds', 'start'),
        },
        {
          title: 'Replacement of a killed pod',
          description:
            'Healing contains the Job controller’s back-off of 10 s. A fail-over takes a warm pod.',
          kind: 'graph',
          unit: 's',
          width: 12,
          queries: [
            ...spread('warm_pods_heal_seconds', 'heal'),
            ...spread('warm_pods_failover_seconds', 'fail-over'),
          ],
        },
      ],
    },
    {
      title: 'Sockets',
      panels: [
        {
          title: 'Messages',
          description: 'On the sockets that the pods serve.',
          kind: 'graph',
          unit: 'cps',
          width: 8,
          queries: [
            {
              expr: `sum by (direction) (rate(warm_pods_socket_messages_total{${NS}}[${RATE}]))`,
              legend: '{{direction}}',
            },
          ],
        },
        {
          title: 'Bytes',
          description: 'On the TCP connections, handshake and frame headers included.',
          kind: 'graph',
          unit: 'Bps',
          width: 8,
          queries: [
            {
              expr: `sum by (direction) (rate(warm_pods_socket_bytes_total{${NS}}[${RATE}]))`,
              legend: '{{direction}}',
            },
          ],
        },
        {
          title: 'Closes by code, in an hour',
          description:
            'Closes in the last seconds of a pod are not scraped. 4001: terminated, 1001: the page left, 1006: no close frame.',
          kind: 'stacked',
          unit: 'short',
          width: 8,
          runbook: 'WarmPodsSocketsClosing',
          queries: [
            {
              expr: `sum by (code) (increase(warm_pods_socket_closes_total{${NS}}[1h]))`,
              legend: '{{code}}',
            },
          ],
        },
        {
          title: 'Refused sockets by reason, in an hour',
          description: 'Attempts without a valid token, and the limits of a pod.',
          kind: 'stacked',
          unit: 'short',
          width: 8,
          queries: [
            {
              expr: `sum by (reason) (increase(warm_pods_socket_refusals_total{${NS}}[1h]))`,
              legend: '{{reason}}',
            },
          ],
        },
        {
          title: 'Round trip to the visitor',
          description: 'From a heartbeat’s ping to its pong, as the pod measures it.',
          kind: 'graph',
          unit: 's',
          width: 8,
          queries: spread('warm_pods_heartbeat_round_trip_seconds', 'round trip', '5m'),
        },
        {
          title: 'Time in the pod',
          description: 'From reading a ping to writing its pong.',
          kind: 'graph',
          unit: 's',
          width: 8,
          queries: spread('warm_pods_message_held_seconds', 'held', '5m'),
        },
      ],
    },
    {
      title: 'Processes and gateway',
      panels: [
        {
          title: 'Memory of the pods',
          description:
            'Resident memory of the largest pod, and its JavaScript heap. The budget while idle is 60 MiB.',
          kind: 'graph',
          unit: 'bytes',
          width: 8,
          queries: [
            { expr: `max(process_resident_memory_bytes{${PODS}})`, legend: 'largest resident' },
            { expr: `max(nodejs_heap_size_used_bytes{${PODS}})`, legend: 'largest heap' },
          ],
        },
        {
          title: 'CPU of the pods',
          description: 'Processors in use, of all pods.',
          kind: 'graph',
          unit: 'short',
          width: 8,
          queries: [{ expr: `sum(rate(process_cpu_seconds_total{${PODS}}[${RATE}]))`, legend: 'all pods' }],
        },
        {
          title: 'Delay of the event loop',
          description: 'Lateness of a timer. A frozen pod answers no scrape, so it adds nothing.',
          kind: 'graph',
          unit: 's',
          width: 8,
          queries: [{ expr: quantile(0.99, 'nodejs_eventloop_delay_seconds', '5m'), legend: 'p99' }],
        },
        {
          title: 'Connections of the gateway',
          description: 'A visit takes two: one to the visitor, one to the pod.',
          kind: 'graph',
          unit: 'short',
          width: 12,
          runbook: 'WarmPodsGatewayUnreachable',
          queries: [
            { expr: `sum by (pod) (nginx_connections_active{${NS}})`, legend: '{{pod}}' },
            {
              expr: `sum(increase(nginx_connections_accepted{${NS}}[1h])) - sum(increase(nginx_connections_handled{${NS}}[1h]))`,
              legend: 'dropped in an hour',
            },
          ],
        },
        {
          title: 'Requests to the gateway',
          description:
            'Handshakes of visitors and of refill, readiness probes, and health checks of the load balancer.',
          kind: 'graph',
          unit: 'reqps',
          width: 12,
          queries: [{ expr: `sum(rate(nginx_http_requests_total{${NS}}[${RATE}]))`, legend: 'requests' }],
        },
      ],
    },
  ],
}
