/** Checks before the suites that the nodes can run the pods' image. Without it every test would end by a time-out. */
import { setTimeout as sleep } from 'node:timers/promises'
import { randomSuffix } from '@warm-pods/core/identity/names.ts'
import type { ApiClient } from '@warm-pods/local/cluster-context/api-client.ts'
import { missingImageText, readNodeInfo } from '@warm-pods/local/cluster-context/images.ts'
import { UserError } from '@warm-pods/local/user-error.ts'

export interface ImageCheck {
  readonly context: string
  readonly image: string
  /** The default image is in no registry, so no node can pull it. */
  readonly isDefault: boolean
  /** How long a node may take to pull it, milliseconds. Default 120,000. */
  readonly pullMs?: number
}

/** Reasons of a waiting container: https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/images/types.go */
const IMAGE_PROBLEM = /^(Err)?(Image|InvalidImage|RegistryUnavailable|SignatureValidation)/
const POD = 'image'

/**
 * Returns at once when a node reports the image. Otherwise it runs a pod with the image in a namespace of its own, because
 * the nodes may be able to pull it.
 * @throws UserError with the kubelet's message, and what to do. Errors of {@link ApiClient.call} pass through.
 */
export async function assertImage(client: ApiClient, check: ImageCheck): Promise<void> {
  const { context, image, isDefault, pullMs = 120_000 } = check
  const isPresent = (await readNodeInfo(client))?.hasImage(image)
  if (isPresent) return
  const problem =
    isDefault && isPresent === false ? 'No registry has this image' : await pullProblem(client, image, pullMs)
  if (problem !== undefined)
    throw new UserError(`${missingImageText(context, image)}. ${problem}. Nothing was tested.`)
}

/** @returns why no node can run the image; undefined when a node can, or when the reason is not the image. */
async function pullProblem(client: ApiClient, image: string, pullMs: number): Promise<string | undefined> {
  const name = `warm-pods-test-${randomSuffix()}`
  await post(client, '/api/v1/namespaces', { metadata: { name } })
  const pods = `/api/v1/namespaces/${name}/pods`
  try {
    await createPod(client, pods, image)
    const deadline = performance.now() + pullMs
    while (performance.now() < deadline) {
      const { body } = await client.call('GET', `${pods}/${POD}`)
      const container = (body as PodObject).status?.containerStatuses?.[0]
      const waiting = container?.state?.waiting
      if (waiting?.reason && IMAGE_PROBLEM.test(waiting.reason)) return explain(waiting)
      if (container?.state && !/^(ContainerCreating|PodInitializing)$/.test(waiting?.reason ?? ''))
        return undefined
      await sleep(250)
    }
    return `The nodes have not pulled it within ${pullMs / 1_000} s`
  } finally {
    await client.call('DELETE', `/api/v1/namespaces/${name}`)
  }
}

interface PodObject {
  readonly status?: {
    readonly containerStatuses?: readonly {
      readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } }
    }[]
  }
}

function explain({ message, reason }: { reason?: string; message?: string }): string {
  return `Kubernetes answers ${reason}${message ? `: ${message.replace(/\.$/, '')}` : ''}`
}

/** The controller creates the namespace's service account a moment after the namespace. Until then a pod is refused. */
async function createPod(client: ApiClient, pods: string, image: string): Promise<void> {
  const container = { name: 'pod', image, imagePullPolicy: 'IfNotPresent' }
  const pod = { metadata: { name: POD }, spec: { restartPolicy: 'Never', containers: [container] } }
  for (let retries = 20; ; retries--) {
    const { status, text } = await client.call('POST', pods, { body: pod })
    if (status === 201) return
    if (retries === 0 || status !== 403)
      throw new UserError(`The pod that checks the image cannot be created: ${status} ${text.slice(0, 300)}`)
    await sleep(250)
  }
}

async function post(client: ApiClient, path: string, body: object): Promise<void> {
  const { status, text } = await client.call('POST', path, { body })
  if (status !== 201) throw new UserError(`POST ${path} was refused: ${status} ${text.slice(0, 300)}`)
}
