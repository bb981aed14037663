/**
 * Regions of the partition `aws`: ARNs here name no other. A region that is new is added here.
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

/** @returns undefined for a region there is, or none named; else a sentence. */
export function regionProblem(region: string): string | undefined {
  if (region === '' || REGIONS.includes(region)) return undefined
  return `WARM_PODS_REGION must be a region such as eu-central-1, not "${region}".`
}

/**
 * The named region, or ours. Of one that is none SST could only say that no host answers there, so it looks at ours, and
 * settings.ts then refuses by name. What is thrown while `app()` is evaluated SST keeps to its log.
 */
export function regionOf(named: string | undefined): string {
  const region = named?.trim() ?? ''
  return region === '' || regionProblem(region) ? 'eu-central-1' : region
}
