import type { Settings } from '../settings/settings.ts'
import { zoneProblem } from '../settings/zone.ts'

/**
 * Checks that the stage's hosted zone exists and contains its domain. Otherwise a deploy would wait for a certificate that
 * AWS cannot validate.
 * @throws Error naming WARM_PODS_ZONE_ID or WARM_PODS_DOMAIN.
 */
export async function checkHostedZone({ domain }: Settings): Promise<void> {
  if (!domain) return
  const { name } = await aws.route53.getZone({ zoneId: domain.zoneId }).catch((cause) => {
    throw new Error(
      `Route 53 returned no hosted zone "${domain.zoneId}". Set WARM_PODS_ZONE_ID to a zone of this account: aws route53 list-hosted-zones`,
      { cause },
    )
  })
  const problem = zoneProblem(domain.name, domain.zoneId, name)
  if (problem) throw new Error(problem)
}
