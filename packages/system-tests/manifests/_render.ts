/** Renders the manifests of k8s/ as a deployment does. */
import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { KubernetesObject } from '@kubernetes/client-node'
import { loadAll } from 'js-yaml'

export type Overlay = 'local' | 'eks'
export const OVERLAYS: readonly Overlay[] = ['local', 'eks']

/** An object of the YAML, before it is parsed as its kind. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: KubernetesObject['metadata'] & { readonly name: string }
}

export function overlayFolder(overlay: Overlay): string {
  return fileURLToPath(new URL(`../../../k8s/overlays/${overlay}`, import.meta.url))
}

/** @returns the program that the environment variable names, or the first on the PATH; undefined when there is none. */
export function findProgram(name: string, variable: string): string | undefined {
  const given = process.env[variable]
  const places = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name))
  return (given ? [given] : places).find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

export const KUBECTL = findProgram('kubectl', 'KUBECTL')
export const NO_KUBECTL =
  'There is no kubectl on the PATH and KUBECTL is not set, so the manifests were not rendered.'

/** @throws the error of kubectl with its output. */
export function render(overlay: Overlay, kubectl: string): Manifest[] {
  const yaml = execFileSync(kubectl, ['kustomize', overlayFolder(overlay)], { encoding: 'utf8' })
  return loadAll(yaml) as Manifest[] // Validated by the schema test.
}

/** @returns the object with this kind and name. @throws when there is none. */
export function find<T extends KubernetesObject>(
  manifests: readonly Manifest[],
  kind: string,
  name: string,
): T {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name)
  if (!found) throw new Error(`Expected a ${kind} ${name} among the manifests.`)
  return found as unknown as T // Validated by the schema test.
}
