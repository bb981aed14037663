/** What a deploy adds to the overlay of EKS. */
interface Deployed {
  /** The overlay's folder, relative to the new kustomization. */
  readonly base: string
  readonly targetGroupArn: string
  /** Digest of the gateway's image; undefined leaves its tag. */
  readonly gatewayDigest: string | undefined
  /** Folders of components, relative to the new kustomization. */
  readonly components?: readonly string[]
}

/** The image of the gateway on EKS. A test compares it with k8s/. */
export const GATEWAY_IMAGE = {
  registry: 'public.ecr.aws',
  repository: 'nginx/nginx-unprivileged',
  tag: 'stable',
} as const

/** Returns a kustomization that adds the deploy's values to the EKS overlay, so no tracked file changes. */
export function overlay({ base, targetGroupArn, gatewayDigest, components = [] }: Deployed): string {
  const parts =
    components.length > 0 ? `components:\n${components.map((one) => `  - ${one}\n`).join('')}` : ''
  const images = gatewayDigest
    ? `images:
  - name: ${GATEWAY_IMAGE.registry}/${GATEWAY_IMAGE.repository}
    digest: ${gatewayDigest}
`
    : ''
  return `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ${base}
${parts}${images}patches:
  - target: {kind: TargetGroupBinding}
    patch: |
      - op: replace
        path: /spec/targetGroupARN
        value: ${targetGroupArn}
`
}
