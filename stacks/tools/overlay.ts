/** Returns a kustomization that adds the deploy's target group to the EKS overlay, so no tracked file changes. */
export function overlay(base: string, targetGroupArn: string): string {
  return `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ${base}
patches:
  - target: {kind: TargetGroupBinding}
    patch: |
      - op: replace
        path: /spec/targetGroupARN
        value: ${targetGroupArn}
`
}
