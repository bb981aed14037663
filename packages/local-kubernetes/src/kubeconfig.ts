// The kubeconfig that leads kubectl and the provisioner to a server without TLS.

/** `context` names the cluster, the user and the context alike; `namespace` is where commands without one go. */
export function kubeconfigFor({
  url,
  context,
  namespace,
}: {
  url: string
  context: string
  namespace: string
}): string {
  // JSON strings are YAML strings, whatever they hold.
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
