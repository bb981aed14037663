/** The thresholds of alarms and dashboard, apart from Pulumi so that tests can read them. */
import { LIMITS } from '../../packages/core/src/limits.ts'
import type { Settings } from '../settings/settings.ts'

/** Alarm above this share of claims without a warm pod. The forecast for four warm pods and four visitors a minute is 0.1 %. */
export const COLD_SHARE_PERCENT = 20

/** A period with fewer claims counts as 0 %: one visitor who meets an empty pool is no trend. */
export const MIN_CLAIMS = 5

/** Returns how many warm pods the stage keeps: its own limit, or the default. */
export function targetOf(settings: Pick<Settings, 'limits'>): number {
  return settings.limits.target ?? LIMITS.target
}
