/// <reference path="./.sst/platform/config.d.ts" />

/** The resources are in stacks/, one file per concern. The settings of a stage are in stacks/settings/settings.ts. */
export default $config({
  async app(input) {
    const { regionOf } = await import('./stacks/settings/region.ts')
    const production = input?.stage === 'production'
    return {
      name: 'warm-pods',
      home: 'aws',
      version: '4.17.1',
      // SST's "retain" would also leave the VPC behind, so each resource to keep says so itself (stacks/functions/tables.ts).
      removal: 'remove',
      protect: production,
      providers: {
        aws: {
          version: '7.20.0',
          region: regionOf(process.env.WARM_PODS_REGION),
          defaultTags: { tags: { project: 'warm-pods', stage: input?.stage ?? 'none' } },
        },
      },
    }
  },
  async run() {
    const { stack } = await import('./stacks/index.ts')
    return stack()
  },
})
