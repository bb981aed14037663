/** The names of the alerts. Each is a heading of docs/operations.md. */
export const ALERT_NAMES = [
  'WarmPodsPoolNotWhole',
  'WarmPodsWarmShareLow',
  'WarmPodsRefillSilent',
  'WarmPodsRefillProblem',
  'WarmPodsGatewayUnreachable',
  'WarmPodsSocketsClosing',
  'WarmPodsQuotaNear',
  'WarmPodsNotScraped',
] as const
export type AlertName = (typeof ALERT_NAMES)[number]
