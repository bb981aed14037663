/**
 * Returns a sentence about a domain that is not in its hosted zone, or undefined.
 * @param zoneName name of the zone, with or without the final dot.
 */
export function zoneProblem(domain: string, zoneId: string, zoneName: string): string | undefined {
  const zone = zoneName.replace(/\.$/, '').toLowerCase()
  if (domain === zone || domain.endsWith(`.${zone}`)) return undefined
  return `WARM_PODS_DOMAIN must be ${zone} or a name below it, because that is the zone of WARM_PODS_ZONE_ID (${zoneId}), not "${domain}".`
}
