import { findPodImage } from '../cluster/pod-image.ts'
import { podRepository } from '../cluster/registry.ts'
import { findGithubProvider } from '../github/provider.ts'
import { type KeptSettings, keptSettings } from './kept.ts'
import type { Settings } from './settings.ts'

export interface StageParameters extends KeptSettings {
  /** Tag and digest of the pod's image, `tag@sha256:…`. Empty unless the stage is awake with its own cluster. */
  readonly pinnedTag: string
  /** Every parameter that a first deploy must store before other resources exist. */
  readonly parameters: readonly aws.ssm.Parameter[]
}

/**
 * Resolves the kept settings (kept.ts), and stores them for the next deploy.
 * Parameter Store is raw Pulumi: SST has no component for a plain parameter. Standard parameters are free.
 * @throws errors of keptSettings and findPodImage, before a parameter is created.
 */
export async function stageParameters(settings: Settings): Promise<StageParameters> {
  const path = `/${$app.name}/${settings.stage}`
  // A look-up by path returns an empty list for a parameter that does not exist yet; by name it would fail.
  const { names, values } = await aws.ssm.getParametersByPath({ path })
  const stored = (name: string) => values[names.indexOf(`${path}/${name}`)]
  const kept = await keptSettings(settings, stored, findGithubProvider)
  const pinnedTag =
    kept.power === 'awake' && settings.cluster.kind === 'own'
      ? `${kept.imageTag}@${await findPodImage(settings.region, podRepository(), kept.imageTag)}`
      : ''
  const optional = [
    {
      id: 'ImageTag',
      name: 'image-tag',
      value: kept.imageTag,
      description: 'tag of the pod’s image that was deployed last',
    },
    {
      id: 'AdminArn',
      name: 'admin-arn',
      value: kept.adminArn,
      description: 'IAM role or user that administers the cluster besides the deploy role',
    },
    {
      id: 'GithubProvider',
      name: 'github-provider',
      value: kept.githubProvider,
      description:
        'created: the stage made the account’s OIDC provider for GitHub; existing: the account had one before',
    },
  ]
  const type = 'String'
  const parameters = optional.flatMap(({ id, name, value, description }) =>
    value ? [new aws.ssm.Parameter(id, { name: `${path}/${name}`, type, value, description })] : [],
  )
  // Last: a stored power means that the other parameters are stored too.
  new aws.ssm.Parameter(
    'Power',
    {
      name: `${path}/power`,
      type,
      value: kept.power,
      description: 'awake or asleep; `npm run sleep` and `npm run wake` change it',
    },
    { dependsOn: parameters },
  )
  return { ...kept, pinnedTag, parameters }
}
