import type { Settings } from '../settings/settings.ts'

/** Mail before the month's limit is reached, by forecast, and when it is. The whole account: nobody tags by heart. */
export function budget({ email, budgetUsd }: NonNullable<Settings['alarms']>) {
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
