/**
 * Regions of the partition `aws`; the ARNs in stacks/ name no other partition. Add a new region here.
 * https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
 */
const REGIONS: readonly string[] = [
  ...['af-south-1', 'ap-east-1', 'ap-east-2', 'ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3'],
  ...['ap-south-1', 'ap-south-2', 'ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3', 'ap-southeast-4'],
  ...['ap-southeast-5', 'ap-southeast-6', 'ap-southeast-7', 'ca-central-1', 'ca-west-1', 'eu-central-1'],
  ...['eu-central-2', 'eu-north-1', 'eu-south-1', 'eu-south-2', 'eu-west-1', 'eu-west-2', 'eu-west-3'],
  ...['il-central-1', 'me-central-1', 'me-south-1', 'mx-central-1', 'sa-east-1'],
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2'],
]

/** Regions without EKS Auto Mode: https://docs.aws.amazon.com/eks/latest/userguide/create-auto.html */
const WITHOUT_AUTO_MODE: readonly string[] = ['ap-southeast-7', 'mx-central-1']

/** @returns an error message for a region in which production cannot create its cluster; undefined for any other. */
export function autoModeProblem(region: string): string | undefined {
  if (!WITHOUT_AUTO_MODE.includes(region)) return undefined
  return `WARM_PODS_REGION must be a region with EKS Auto Mode, which production's cluster uses, not "${region}".`
}

/** @returns an error message for an unknown region; undefined for a known or empty one. */
export function regionProblem(region: string): string | undefined {
  if (region === '' || REGIONS.includes(region)) return undefined
  return `WARM_PODS_REGION must be a region such as eu-central-1, not "${region}".`
}

/**
 * Returns the named region, or eu-central-1 for an empty or unknown one.
 * For an unknown region SST would only report that no host answers. With eu-central-1 it starts, and settings.ts then
 * rejects the name. An error thrown here would not be shown: SST writes errors of `app()` to its log file only.
 */
export function regionOf(named: string | undefined): string {
  const region = named?.trim() ?? ''
  return region === '' || regionProblem(region) ? 'eu-central-1' : region
}
