import { createHash } from 'node:crypto'
import type { KubeConfig } from '@kubernetes/client-node'

/**
 * Returns the name of the data folder for a context: the context's name in safe characters, and a hash of its cluster. The
 * hash separates the rows of two clusters with the same name, for example after a cluster was deleted and created again.
 */
export function dataFolderName(config: KubeConfig): string {
  const { server = '', caData = '', caFile = '' } = config.getCurrentCluster() ?? {}
  const hash = createHash('sha256')
    .update(JSON.stringify([server, caData, caFile]))
    .digest('hex')
    .slice(0, 8)
  const name = config
    .getCurrentContext()
    .replace(/[^\w.-]+/g, '-')
    .slice(0, 80)
  return `${name}-${hash}`
}
