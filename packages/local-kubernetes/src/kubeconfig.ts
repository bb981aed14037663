/** A kubeconfig for a server without TLS and without authentication. */

/**
 * Returns the YAML text of a kubeconfig.
 * @param context the name of the cluster, the user and the context.
 * @param namespace the default namespace of commands.
 */
export function kubeconfigFor({
  url,
  context,
  namespace,
}: {
  url: string
  context: string
  namespace: string
}): string {
  // Every JSON string is a YAML string.
  const text = (value: string): string => JSON.stringify(value)
  return `apiVersion: v1
kind: Config
clusters:
  - name: ${text(context)}
    cluster:
      server: ${text(url)}
users:
  - name: ${text(context)}
    user: {}
contexts:
  - name: ${text(context)}
    context:
      cluster: ${text(context)}
      user: ${text(context)}
      namespace: ${text(namespace)}
current-context: ${text(context)}
`
}
