import type { Power, Settings } from './settings.ts'

export interface StageParameters {
  readonly power: Power
  /** Tag of the pod's image; empty for a stage that has no registry. */
  readonly imageTag: string
}

/**
 * Resolves power and image tag from the settings, or else from Parameter Store, and stores both there for the next deploy.
 * A deploy without WARM_PODS_POWER, such as CI's, leaves an asleep stage asleep. Waking a stage needs no image tag.
 * Parameter Store is raw Pulumi: SST has no component for a plain parameter. Standard parameters are free.
 * @throws Error naming WARM_PODS_IMAGE_TAG when the stage is to be awake and no deploy has set an image tag yet.
 */
export async function stageParameters(settings: Settings): Promise<StageParameters> {
  const path = `/${$app.name}/${settings.stage}`
  // A look-up by path returns an empty list for a parameter that does not exist yet; by name it would fail.
  const { names, values } = await aws.ssm.getParametersByPath({ path })
  const stored = (name: string) => values[names.indexOf(`${path}/${name}`)]
  const power = settings.power ?? (stored('power') === 'asleep' ? 'asleep' : 'awake')
  const imageTag = settings.imageTag || (stored('image-tag') ?? '')
  if (settings.cluster.kind === 'own' && power === 'awake' && imageTag === '') {
    throw new Error(
      'WARM_PODS_IMAGE_TAG is missing, and no earlier deploy has stored one. Set it to the commit from which the pod’s image was built.',
    )
  }
  putParameter(
    'Power',
    `${path}/power`,
    power,
    'awake or asleep; `npm run sleep` and `npm run wake` change it',
  )
  if (imageTag)
    putParameter('ImageTag', `${path}/image-tag`, imageTag, 'tag of the pod’s image that was deployed last')
  return { power, imageTag }
}

function putParameter(id: string, name: string, value: string, description: string) {
  new aws.ssm.Parameter(id, { name, type: 'String', value, description })
}
