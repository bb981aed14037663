import type { Settings } from '../settings/settings.ts'

/**
 * Creates a monthly cost budget that mails at 80 % and 100 % of actual cost, and when the forecast exceeds 100 %.
 * It covers the whole account, because untagged resources would escape a filter by tag.
 * Raw Pulumi: SST has no component for budgets.
 */
export function createBudget({ email, budgetUsd }: NonNullable<Settings['alarms']>) {
  const notice = (notificationType: 'ACTUAL' | 'FORECASTED', threshold: number) => ({
    comparisonOperator: 'GREATER_THAN',
    thresholdType: 'PERCENTAGE',
    threshold,
    notificationType,
    subscriberEmailAddresses: [email],
  })
  new aws.budgets.Budget('Budget', {
    name: `${$app.name}-${$app.stage}`,
    budgetType: 'COST',
    timeUnit: 'MONTHLY',
    limitAmount: String(budgetUsd),
    limitUnit: 'USD',
    notifications: [notice('FORECASTED', 100), notice('ACTUAL', 80), notice('ACTUAL', 100)],
  })
}
