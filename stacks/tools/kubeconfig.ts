export interface ApiServer {
  readonly endpoint: string
  /** Certificate authority: PEM, base64-encoded. */
  readonly ca: string
}

/**
 * Returns a kubeconfig with one cluster and a bearer token. It is JSON, which kubectl reads as YAML.
 * https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
export function kubeconfig(name: string, { endpoint, ca }: ApiServer, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: endpoint, 'certificate-authority-data': ca } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  })
}
