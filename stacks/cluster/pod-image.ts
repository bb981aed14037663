import * as v from 'valibot'
import { signerFor, signingOf } from '../../packages/functions/src/aws/sigv4.ts'

const Images = v.object({ imageDetails: v.array(v.object({ imageDigest: v.string() })) })
const Refusal = v.object({ __type: v.string(), message: v.optional(v.string(), '') })

/**
 * Returns the digest, `sha256:…`, of the image with this tag in the stage's registry.
 * It calls ECR itself, because the program needs the answer before it registers the registry.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
 * @throws Error naming WARM_PODS_IMAGE_TAG if the registry or the image does not exist. ECR's other errors have its own words.
 */
export async function findPodImage(region: string, repositoryName: string, tag: string): Promise<string> {
  const target = 'AmazonEC2ContainerRegistry_V20150921.DescribeImages'
  const input = { repositoryName, imageIds: [{ imageTag: tag }] }
  const { ok, body } = await callEcr(region, target, JSON.stringify(input))
  const found = ok ? v.parse(Images, body).imageDetails[0] : undefined
  if (found) return found.imageDigest
  throw new Error(problemOf(v.safeParse(Refusal, body), repositoryName, tag))
}

function problemOf(refusal: v.SafeParseResult<typeof Refusal>, repositoryName: string, tag: string): string {
  const { __type, message } = refusal.success ? refusal.output : { __type: '', message: 'no reason' }
  const setting = `WARM_PODS_IMAGE_TAG is "${tag}", and`
  if (__type.endsWith('RepositoryNotFoundException'))
    return `${setting} the registry ${repositoryName} does not exist yet. Deploy the stage asleep, then push the image: docs/operations.md.`
  if (__type.endsWith('ImageNotFoundException'))
    return `${setting} the registry ${repositoryName} has no image with that tag. Push it, or set WARM_PODS_IMAGE_TAG to a tag that exists.`
  return `${setting} ECR did not describe that image in ${repositoryName}: ${message || __type}`
}

async function callEcr(
  region: string,
  target: string,
  body: string,
): Promise<{ readonly ok: boolean; readonly body: unknown }> {
  const url = new URL(process.env['AWS_ENDPOINT_URL'] || `https://api.ecr.${region}.amazonaws.com`)
  // Only for its credentials: the SDK's usual order of environment, profile and role.
  const { EKSClient } = await import('@aws-sdk/client-eks')
  const eks = new EKSClient({ region })
  const signed = await signerFor('ecr', signingOf(eks.config)).sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port ? { port: Number(url.port) } : {}),
    path: '/',
    headers: { host: url.host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
    body,
  })
  eks.destroy()
  const response = await fetch(url.href, { method: 'POST', headers: signed.headers, body })
  return { ok: response.ok, body: await response.json() }
}
