/** The alerts that wake the owner, for Prometheus and Datadog. docs/operations.md has a section for each. */
import { ALERT_NAMES, type AlertName } from './alert-names.ts'
import { SCRAPE_JOBS } from './scrape-jobs.ts'

/** The share of claims, 0..1, that should get a warm pod. The owner's objective; the rest is the error budget. */
export const WARM_SHARE_OBJECTIVE = 0.95
/** Days over which the objective holds. */
export const OBJECTIVE_DAYS = 30
/** A window with fewer claims raises no alert: one visitor who meets an empty pool is no trend. */
const MIN_CLAIMS = 5
const MIN_CLOSES = 5
/** Share of closes, 0..1. */
const ABNORMAL_CLOSES = 0.5
/** Share of the Jobs that the quota allows, 0..1. */
const QUOTA_NEAR = 0.8
/** Seconds. The schedule invokes refill each minute. */
const REFILL_SILENT_S = 300

/** Close codes of a socket that neither the page nor the pod ended in good order: protocol errors, and 1006 for no close frame. */
export const ABNORMAL_CODES = ['1002', '1003', '1006', '1007', '1009', '4008', 'other'] as const

/** An expression that is compared with a limit. `measure` alone returns data while the alert is silent. */
interface Comparison {
  readonly measure: string
  readonly is: '<' | '>' | '>=' | '=='
  readonly limit: string | number
}

export interface Alert {
  readonly severity: 'page' | 'ticket'
  /** How long the condition must hold, minutes. */
  readonly forMinutes: number
  /** All must hold. The first is the value in the message. */
  readonly when: readonly [Comparison, ...Comparison[]]
  readonly summary: string
  readonly description: string
}

const BY = 'by (namespace)'
const slots = (state: string, window: string) =>
  `sum ${BY} (max_over_time(warm_pods_slots{state=~"${state}"}[${window}]))`

/** The share of claims without a warm pod, 0..1, over a window. */
export function coldShare(window: string, namespace = ''): string {
  const claims = (outcome: string) =>
    `sum ${BY} (increase(warm_pods_claims_total{${[namespace, outcome].filter(Boolean).join(',')}}[${window}]))`
  return `${claims('outcome!="warm"')} / ${claims('')}`
}

/** How fast the error budget is spent over a window: 1 spends it in {@link OBJECTIVE_DAYS} days. */
const burnRate = (window: string) => `(${coldShare(window)}) / ${round(1 - WARM_SHARE_OBJECTIVE)}`

/** The sum of binary fractions has a tail, such as 0.050000000000000044. */
function round(value: number): number {
  return Number(value.toFixed(6))
}

export const ALERTS: Readonly<Record<AlertName, Alert>> = {
  WarmPodsPoolNotWhole: {
    severity: 'page',
    forMinutes: 5,
    when: [
      {
        measure: slots('warm', '1m'),
        is: '<',
        limit: `max ${BY} (warm_pods_slots_target)`,
      },
    ],
    summary: 'The pool has not been whole for 5 minutes.',
    description: 'Only {{ $value }} slots were warm in the last minute. GET /pool names the problem.',
  },
  WarmPodsWarmShareLow: {
    severity: 'page',
    forMinutes: 2,
    // Two windows, so that the alert ends soon after the cause: https://sre.google/workbook/alerting-on-slos/
    // 6 spends a fifth of the month's budget in a day. With this objective the share of cold claims is then 30 %.
    when: [
      { measure: burnRate('1h'), is: '>', limit: 6 },
      { measure: burnRate('10m'), is: '>', limit: 6 },
      { measure: `sum ${BY} (increase(warm_pods_claims_total[1h]))`, is: '>=', limit: MIN_CLAIMS },
    ],
    summary: 'Too many visitors get no warm pod.',
    description:
      'The error budget of the warm share is spent {{ $value | humanize }} times as fast as the objective allows.',
  },
  WarmPodsRefillSilent: {
    severity: 'page',
    forMinutes: 1,
    when: [
      {
        measure: `time() - max ${BY} (warm_pods_refill_last_run_timestamp_seconds)`,
        is: '>',
        limit: REFILL_SILENT_S,
      },
    ],
    summary: 'Refill does not run.',
    description:
      'The last pass of refill ended {{ $value | humanizeDuration }} ago. The schedule invokes it each minute.',
  },
  WarmPodsRefillProblem: {
    severity: 'ticket',
    forMinutes: 5,
    when: [
      { measure: 'max by (namespace, kind) (warm_pods_refill_problem{kind!="gateway"})', is: '==', limit: 1 },
    ],
    summary: 'Refill reports a problem of the kind {{ $labels.kind }}.',
    description: 'GET /pool has the text. The problem has lasted for 5 minutes.',
  },
  WarmPodsGatewayUnreachable: {
    severity: 'page',
    forMinutes: 2,
    when: [{ measure: `max ${BY} (warm_pods_refill_problem{kind="gateway"})`, is: '==', limit: 1 }],
    summary: 'The gateway does not reach the pods.',
    description:
      'Visitors hold no pod that they can use. GET /pool has the status that the gateway answered.',
  },
  WarmPodsSocketsClosing: {
    severity: 'ticket',
    forMinutes: 5,
    when: [
      {
        measure: `sum ${BY} (increase(warm_pods_socket_closes_total{code=~"${ABNORMAL_CODES.join('|')}"}[15m])) / sum ${BY} (increase(warm_pods_socket_closes_total[15m]))`,
        is: '>',
        limit: ABNORMAL_CLOSES,
      },
      { measure: `sum ${BY} (increase(warm_pods_socket_closes_total[15m]))`, is: '>=', limit: MIN_CLOSES },
    ],
    summary: 'Most sockets close abnormally.',
    description:
      '{{ $value | humanizePercentage }} of the sockets closed without a close frame or by an error.',
  },
  WarmPodsQuotaNear: {
    severity: 'ticket',
    forMinutes: 5,
    // Each session and each slot with a pod has a Job. A claimed slot's Job is its session's.
    when: [
      {
        measure: `(max ${BY} (warm_pods_sessions) + sum ${BY} (warm_pods_slots{state=~"starting|warm|unconfirmed"})) / max ${BY} (warm_pods_jobs_limit)`,
        is: '>=',
        limit: QUOTA_NEAR,
      },
    ],
    summary: 'The quota of Jobs is nearly used.',
    description: '{{ $value | humanizePercentage }} of the Jobs that the quota allows are in use.',
  },
  WarmPodsNotScraped: {
    severity: 'ticket',
    forMinutes: 5,
    // Without these series no other alert can fire. A pod that has just ended is down for one scrape or two.
    when: [
      {
        measure: `min by (namespace, job) (up{job=~"${SCRAPE_JOBS.api}|${SCRAPE_JOBS.gateway}"})`,
        is: '==',
        limit: 0,
      },
    ],
    summary: 'Prometheus cannot read {{ $labels.job }}.',
    description: 'The other alerts on these metrics cannot fire.',
  },
}

/** Returns the expression of an alert: every condition, joined by `and`. */
export function expressionOf({ when }: Alert): string {
  const labels = when[0].measure.includes('by (namespace, ') ? '' : ' on (namespace)'
  return when
    .map(
      ({ measure, is, limit }) =>
        `(${measure}) ${is}${typeof limit === 'string' ? ' on (namespace) ' : ' '}${limit}`,
    )
    .join(`\nand${labels}\n`)
}

/** The alerts in the order of {@link ALERT_NAMES}. */
export function alerts(): (Alert & { readonly name: AlertName })[] {
  return ALERT_NAMES.map((name) => ({ name, ...ALERTS[name] }))
}
