import { delimiter } from 'node:path'
import { createApiClient, describeNetworkError } from '@warm-pods/local/cluster-context/api-client.ts'
import { kubeconfigFiles, loadContext } from '@warm-pods/local/cluster-context/kubeconfig-files.ts'
import { UserError } from '@warm-pods/local/user-error.ts'

/**
 * Opens a context of the kubeconfig. The caller closes `access`.
 * @param given the value of `--kubeconfig`.
 * @returns `kubeconfig`: the files, as KUBECONFIG has them; `version`: that of Kubernetes.
 * @throws UserError when its API server is not reachable or refuses the login.
 */
export async function openContext(context: string, given: string | undefined) {
  const from = process.env.INIT_CWD ?? process.cwd()
  const files = kubeconfigFiles({ given, environment: process.env, from })
  const access = createApiClient(loadContext(files, context))
  try {
    const { body, status } = await access.call('GET', '/version').catch((error) => {
      throw new UserError(
        `The context "${context}" is not reachable at ${access.server}: ${describeNetworkError(error)}. Nothing was tested.`,
      )
    })
    if (status !== 200)
      throw new UserError(
        `The API server of "${context}" answers ${status}: log in to it again. Nothing was tested.`,
      )
    return { access, kubeconfig: files.join(delimiter), version: String(body.gitVersion) }
  } catch (error) {
    access.close()
    throw error
  }
}
