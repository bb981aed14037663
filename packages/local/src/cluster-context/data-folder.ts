import { createHash } from 'node:crypto'
import type { KubeConfig } from '@kubernetes/client-node'

/**
 * Name of the data folder of a context: its own name as far as a folder may have it, and a mark of the cluster behind it.
 * The rows of one cluster never meet another's, even when a cluster is made anew under the old name.
 */
export function folderOf(config: KubeConfig): string {
  const { server = '', caData = '', caFile = '' } = config.getCurrentCluster() ?? {}
  const mark = createHash('sha256')
    .update(JSON.stringify([server, caData, caFile]))
    .digest('hex')
    .slice(0, 8)
  const name = config
    .getCurrentContext()
    .replace(/[^\w.-]+/g, '-')
    .slice(0, 80)
  return `${name}-${mark}`
}
