import { describe, expect, it } from 'vitest'
import { isObject, type Json, type JsonObject } from '../apimachinery/json.ts'
import { apiVersionOf, RESOURCES } from '../apimachinery/resources.ts'
import { openApiDocument } from './openapi.ts'

const VERSION = 'v1.36.3'
const documentOf = (path: string): JsonObject => openApiDocument(path, VERSION) ?? {}
const at = (document: Json | undefined, ...keys: string[]): Json | undefined =>
  keys.reduce<Json | undefined>((value, key) => (isObject(value) ? value[key] : undefined), document)

function refsOf(value: Json | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(refsOf)
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, item]) =>
    key === '$ref' && typeof item === 'string' ? [item] : refsOf(item),
  )
}

describe(openApiDocument, () => {
  it('lists its documents, and has no others', () => {
    const index = at(documentOf('/openapi/v3'), 'paths')
    const urls = Object.values(isObject(index) ? index : {}).map((one) => at(one, 'serverRelativeURL'))
    expect(urls).toEqual(['/openapi/v3/api/v1', '/openapi/v3/apis/batch/v1'])
    for (const url of urls) expect(documentOf(String(url)).openapi).toBe('3.0.0')
    for (const path of ['/openapi/v2', '/openapi/v3/apis/apps/v1', '/openapi/v3/constructor'])
      expect(openApiDocument(path, VERSION)).toBeUndefined()
  })

  it.each(RESOURCES.map((resource) => [resource.name, resource] as const))(
    'describes %s: its schema, and that the server validates fields',
    (name, resource) => {
      const { group, kind, namespaced } = resource
      const root = group ? `apis/${apiVersionOf(resource)}` : `api/${apiVersionOf(resource)}`
      const document = documentOf(`/openapi/v3/${root}`)
      const path = `/${root}${namespaced ? '/namespaces/{namespace}' : ''}/${name}/{name}`
      const patch = at(document, 'paths', path, 'patch')
      expect(at(patch, 'x-kubernetes-group-version-kind')).toEqual({ group, version: 'v1', kind })
      expect(at(patch, 'parameters')).toContainEqual(
        expect.objectContaining({ name: 'fieldValidation', in: 'query' }),
      )
      const schemas = at(document, 'components', 'schemas')
      const own = Object.entries(isObject(schemas) ? schemas : {}).find(
        ([key, schema]) => key.endsWith(`.${kind}`) && at(schema, 'x-kubernetes-group-version-kind'),
      )
      expect(at(own?.[1], 'properties', 'metadata')).toBeDefined()
    },
  )

  it('resolves every reference', () => {
    for (const path of ['/openapi/v3/api/v1', '/openapi/v3/apis/batch/v1']) {
      const document = documentOf(path)
      const missing = refsOf(document).filter(
        (ref) =>
          at(document, 'components', 'schemas', ref.replace('#/components/schemas/', '')) === undefined,
      )
      expect(missing).toEqual([])
    }
  })

  it('names the merge keys of lists, which kubectl apply reads', () => {
    const spec = at(documentOf('/openapi/v3/api/v1'), 'components', 'schemas', 'io.k8s.api.core.v1.PodSpec')
    expect(at(spec, 'properties', 'containers')).toMatchObject({
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-patch-strategy': 'merge',
    })
    expect(at(spec, 'properties', 'tolerations', 'x-kubernetes-patch-strategy')).toBeUndefined()
    expect(at(spec, 'required')).toEqual(['containers'])
  })
})
