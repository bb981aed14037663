/** A kustomization over the EKS overlay with what only this deploy knows, so that no file under version control changes. */
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
