import * as v from 'valibot'
import type { Emulator } from './emulator.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const Repositories = v.object({ repositories: v.array(v.object({ repositoryUri: v.string() })) })
const Images = v.object({ imageDetails: v.array(v.object({ imageDigest: v.string() })) })

/** Pushes a manifest without layers, because the nodes have the image. @returns the reference that the deploy makes of it: `<repository>:<tag>@<digest>`. */
export async function pushImage(
  emulator: Emulator,
  repositoryName: string,
  imageTag: string,
): Promise<string> {
  const ecr = (operation: string, input: object) =>
    emulator.target('ecr', `AmazonEC2ContainerRegistry_V20150921.${operation}`, input)
  const config = { mediaType: MANIFEST, digest: `sha256:${'0'.repeat(64)}`, size: 2 }
  const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [] })
  // An earlier rehearsal of this commit has pushed it, and a tag cannot be moved.
  await ecr('PutImage', { repositoryName, imageTag, imageManifest }).catch((error) => {
    if (!/Image(Tag)?AlreadyExists/.test(String(error))) throw error
  })
  const found = await ecr('DescribeRepositories', { repositoryNames: [repositoryName] })
  const repository = v.parse(Repositories, found).repositories[0]?.repositoryUri ?? ''
  const images = await ecr('DescribeImages', { repositoryName, imageIds: [{ imageTag }] })
  const digest = v.parse(Images, images).imageDetails[0]?.imageDigest ?? ''
  return `${repository}:${imageTag}@${digest}`
}
