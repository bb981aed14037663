/** The sections of docs/operations.md that alerts and panels link to. */
import type { ALERT_NAMES } from './alert-names.ts'

export type RunbookSection = (typeof ALERT_NAMES)[number] | 'When something is wrong' | 'Costs'

/** `npm run deploy` replaces OWNER/REPO by the stage's WARM_PODS_REPOSITORY. */
export const REPOSITORY_PLACEHOLDER = 'OWNER/REPO'

/** Returns the address of a section. GitHub makes the anchor of a heading from its words. */
export function runbookUrl(section: RunbookSection): string {
  const anchor = section.toLowerCase().replaceAll(' ', '-')
  return `https://github.com/${REPOSITORY_PLACEHOLDER}/blob/main/docs/operations.md#${anchor}`
}
