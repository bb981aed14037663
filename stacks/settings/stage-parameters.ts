import type { Power, Settings } from './settings.ts'

export interface Kept {
  readonly power: Power
  /** Tag of the pod's image; empty for a stage that has no registry. */
  readonly imageTag: string
}

/**
 * What a deploy was told last is kept in the account (Parameter Store, free): a deploy that says nothing of power, as
 * CI's, leaves a sleeping stage asleep, and waking it needs no image tag looked up by hand.
 * @throws Error naming WARM_PODS_IMAGE_TAG when pods are to run and no image was ever named.
 */
export async function kept(s: Settings): Promise<Kept> {
  const path = `/${$app.name}/${s.stage}`
  // By path: an entry that is not there yet is an empty answer, not an error.
  const { names, values } = await aws.ssm.getParametersByPath({ path })
  const before = (name: string) => values[names.indexOf(`${path}/${name}`)]
  const power = s.power ?? (before('power') === 'asleep' ? 'asleep' : 'awake')
  const imageTag = s.imageTag || (before('image-tag') ?? '')
  if (s.cluster.kind === 'own' && power === 'awake' && imageTag === '') {
    throw new Error('WARM_PODS_IMAGE_TAG is missing; it is the commit that the pod’s image was built from.')
  }
  keep('Power', `${path}/power`, power, 'awake or asleep; `npm run sleep` and `npm run wake` change it')
  if (imageTag)
    keep('ImageTag', `${path}/image-tag`, imageTag, 'tag of the pod’s image that was deployed last')
  return { power, imageTag }
}

function keep(id: string, name: string, value: string, description: string) {
  new aws.ssm.Parameter(id, { name, type: 'String', value, description })
}
